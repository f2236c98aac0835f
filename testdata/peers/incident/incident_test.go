package incident

import (
	"flag"
	"os"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const stored = "../../bench/incidents.txt"

var update = flag.Bool("update", false, "write "+stored)

// play plays all incidents behind all guards.
func play(t *testing.T, incidents []Incident, guards []Guard) []Row {
	t.Helper()
	rows := make([]Row, 0, len(incidents)*len(guards))
	for _, incident := range incidents {
		for _, guard := range guards {
			rows = append(rows, Row{Incident: incident, Guard: guard.Name})
		}
	}
	t.Run("play", func(t *testing.T) {
		for n := range rows {
			row, guard := &rows[n], guards[n%len(guards)]
			t.Run(row.Incident.Name+"/"+guard.Name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(*testing.T) { row.Figures = Play(row.Incident, guard) })
			})
		}
	})
	return rows
}

// TestIncidents plays the suite and compares it with what is stored: time is virtual and chance is seeded, so every run gives the
// same figures.
func TestIncidents(t *testing.T) {
	if raced {
		t.Skip("with -race the peers take too long: make incidents plays them without")
	}
	rows := play(t, Incidents(), Guards())
	table := Table(rows)
	t.Logf("%s", table)
	if *update {
		require.NoError(t, os.WriteFile(stored, table, 0o644))
	}
	want, err := os.ReadFile(stored)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(table), "go test ./incident -run TestIncidents -update writes it anew")
	ranked(t, rows, 1)
}
