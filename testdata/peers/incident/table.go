package incident

import (
	"bytes"
	"fmt"
	"text/tabwriter"
	"time"
)

// Row is what one guard did in one incident.
type Row struct {
	Incident Incident
	Guard    string
	Figures  Figures
}

const heading = `A service with 64 workers and an unbounded queue before them, 20 requests/s that need the upstream (which answers in 0.3s when it
is well) and 20/s that need a worker for 5ms alone, in virtual time: %v well, five minutes of the incident, %v well again. Users
wait %v; the service does not notice who has gone. healthy served: of the requests that do not need the upstream. good answers: in
time, of 6000. wasted calls: that reached the upstream and brought none. worker-s lost: held by such calls, by waiting, by answers
that came too late. protected: the last healthy request that failed. recovered: from the upstream's recovery to the normal rate of
good answers. peak: the most calls in five seconds after it, to the normal rate. All is of the incident alone but for the last two.
`

// Table prints the rows, which come in the order of their incidents.
func Table(rows []Row) []byte {
	var out bytes.Buffer
	table := tabwriter.NewWriter(&out, 0, 0, 2, ' ', tabwriter.AlignRight)
	incident := ""
	fmt.Fprintf(&out, heading, before, after, patience)
	for _, row := range rows {
		if row.Incident.Name != incident {
			incident = row.Incident.Name
			fmt.Fprintf(table, "\n%s\t healthy served\t good answers\t wasted calls\t worker-s lost\t protected\t recovered\t peak\t\n", incident)
		}
		f := row.Figures
		fmt.Fprintf(table, "%s\t%.2f%%\t%d\t%d\t%.2f\t%s\t%s\t%.2f\t\n",
			row.Guard, 100*f.Healthy, f.Good, f.Wasted, f.Lost.Seconds(), took(f.Protect), took(f.Recover), f.Peak)
	}
	table.Flush() //nolint:errcheck // into memory
	return out.Bytes()
}

func took(d time.Duration) string {
	if d == Never {
		return "never"
	}
	return fmt.Sprintf("%.0fs", d.Seconds())
}
