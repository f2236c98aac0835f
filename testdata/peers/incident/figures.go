package incident

import (
	"time"
)

// Never is how long it takes to do what was not done.
const Never = time.Duration(-1)

// Figures say what a guard saved in an incident. They are about the requests that came while it lasted, Recover and Peak about
// those after it.
type Figures struct {
	Healthy float64       // share of the requests for the healthy method that were served within their users' patience
	Good    int           // answers of the upstream within the users' patience, without those to waiting callers
	Wasted  int           // attempts that reached the upstream and brought no good answer
	Lost    time.Duration // that workers were held by requests for the upstream, less the attempts that brought good answers
	Protect time.Duration // until the last request for the healthy method that failed; Never: they went on failing
	Recover time.Duration // from the upstream's recovery until nine in ten of the normal rate of good answers, for five seconds
	Peak    float64       // the most attempts in five seconds after the upstream's recovery, to the normal rate
}

// LostPerGood is the worker-seconds that each good answer cost.
func (f Figures) LostPerGood() float64 { return f.Lost.Seconds() / float64(max(f.Good, 1)) }

const (
	settling = 5 * time.Second // healthy requests that failed as late as this before the end: they went on failing
	steady   = 5               // seconds that recovery and its peak have to last
)

func (s *service) figures(incident *Incident) Figures {
	var f Figures
	all, served := 0, 0
	for _, l := range s.locals {
		if l.arrived < 0 || l.arrived >= incident.Length {
			continue
		}
		all++
		if l.served {
			served++
		} else {
			f.Protect = max(f.Protect, l.arrived)
		}
	}
	f.Healthy = float64(served) / float64(all)
	if f.Protect >= incident.Length-settling {
		f.Protect = Never
	}
	answers := map[int]int{} // by second after the recovery
	for _, c := range s.calls {
		if c.good && c.ended >= incident.Length {
			answers[int((c.ended-incident.Length)/time.Second)]++
		}
		if c.arrived < 0 || c.arrived >= incident.Length || c.mistake {
			continue
		}
		f.Wasted += c.attempts
		f.Lost += c.held - c.useful
		if c.good {
			f.Good++
			f.Wasted--
		}
	}
	f.Recover = recovery(answers, incident.Rate)
	for second := range int(after/time.Second) - steady {
		arrivals := 0
		for next := range steady {
			arrivals += s.upstream.arrivals[int(incident.Length/time.Second)+second+next]
		}
		f.Peak = max(f.Peak, float64(arrivals)/float64(steady*incident.Rate))
	}
	return f
}

// recovery is the first second from which on there were enough answers.
func recovery(answers map[int]int, rate int) time.Duration {
	for second := range int(after/time.Second) - steady {
		n := 0
		for next := range steady {
			n += answers[second+next]
		}
		if 10*n >= 9*steady*rate {
			return time.Duration(second) * time.Second
		}
	}
	return Never
}
