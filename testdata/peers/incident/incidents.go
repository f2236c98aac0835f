package incident

import (
	"time"
)

// Incident says what happens, under which load. Start from [Default].
type Incident struct {
	Name    string
	Seed    uint64
	Workers int
	Rate    int           // calls to the upstream per second, and as many to the healthy method
	Length  time.Duration // of the sickness
	Models  int           // of the upstream, asked in turn
	Waiting int           // callers who came while it was sick and ask again until they are answered
	Flood   int           // requests per second on top while it lasts, of which every other is a mistake and the rest are given up
	Nothing bool          // no good answer is to be had while it lasts
	Partial bool          // some are
	Sick    func(since time.Duration, req Request, dice float64) health
}

// Default is the load that all incidents share.
func Default() Incident {
	return Incident{Seed: 1, Workers: 64, Rate: 20, Length: 5 * time.Minute, Models: 1, Sick: always(well)}
}

func always(h health) func(time.Duration, Request, float64) health {
	return func(time.Duration, Request, float64) health { return h }
}

// share is sickness of some of the calls.
func share(part float64, h health) func(time.Duration, Request, float64) health {
	return func(_ time.Duration, _ Request, dice float64) health {
		if dice < part {
			return h
		}
		return well
	}
}

// flapping is sickness that comes and goes.
func flapping(every time.Duration, h health) func(time.Duration, Request, float64) health {
	return func(since time.Duration, _ Request, _ float64) health {
		if since/every%2 == 0 {
			return h
		}
		return well
	}
}

// oneModel is sickness of one model alone.
func oneModel(model int, h health) func(time.Duration, Request, float64) health {
	return func(_ time.Duration, req Request, _ float64) health {
		if req.Model == model {
			return h
		}
		return well
	}
}

// Incidents are the nine of the suite.
func Incidents() []Incident {
	return edited(
		func(i *Incident) { i.Name, i.Partial, i.Sick = "half hang", true, share(0.5, hanging) },
		func(i *Incident) { i.Name, i.Nothing, i.Sick = "all hang", true, always(hanging) },
		func(i *Incident) { i.Name, i.Nothing, i.Sick = "refused", true, always(refusing) },
		func(i *Incident) { i.Name, i.Nothing, i.Sick = "20x slower", true, always(slow) },
		func(i *Incident) { i.Name, i.Nothing, i.Sick = "429 storm", true, always(limiting) },
		func(i *Incident) { i.Name, i.Partial, i.Sick = "flapping", true, flapping(20*time.Second, hanging) },
		func(i *Incident) { i.Name, i.Flood = "flood of mistakes", 80 },
		func(i *Incident) {
			i.Name, i.Partial, i.Models, i.Sick = "one model of ten", true, 10, oneModel(3, hanging)
		},
		func(i *Incident) { i.Name, i.Nothing, i.Waiting, i.Sick = "1000 waiting", true, 1000, always(refusing) },
	)
}

// HeldOut are incidents with other mixes, rates and numbers of workers: no policy was chosen by them.
func HeldOut() []Incident {
	return edited(
		func(i *Incident) { i.Name, i.Seed, i.Partial, i.Sick = "a third hang", 7, true, share(0.33, hanging) },
		func(i *Incident) {
			i.Name, i.Seed, i.Partial, i.Sick = "two of three hang", 8, true, share(0.67, hanging)
		},
		func(i *Incident) {
			i.Name, i.Seed, i.Rate, i.Workers, i.Partial, i.Sick = "half hang, 10/s, 24 workers", 9, 10, 24, true, share(0.5, hanging)
		},
		func(i *Incident) {
			i.Name, i.Seed, i.Rate, i.Workers, i.Partial, i.Sick = "half hang, 40/s, 96 workers", 10, 40, 96, true, share(0.5, hanging)
		},
		func(i *Incident) {
			i.Name, i.Seed, i.Workers, i.Nothing, i.Sick = "all hang, 32 workers", 11, 32, true, always(hanging)
		},
		func(i *Incident) {
			i.Name, i.Seed, i.Rate, i.Workers, i.Nothing, i.Sick = "all hang, 10/s, 24 workers", 12, 10, 24, true, always(hanging)
		},
		func(i *Incident) {
			i.Name, i.Seed, i.Rate, i.Workers, i.Nothing, i.Sick = "20x slower, 15/s, 48 workers", 13, 15, 48, true, always(slow)
		},
		func(i *Incident) {
			i.Name, i.Seed, i.Partial, i.Sick = "flapping, every 45s", 14, true, flapping(45*time.Second, hanging)
		},
		func(i *Incident) { i.Name, i.Seed, i.Partial, i.Sick = "half refused", 15, true, share(0.5, refusing) },
		func(i *Incident) {
			i.Name, i.Seed, i.Partial, i.Models, i.Sick = "one model of four", 16, true, 4, oneModel(1, hanging)
		},
		func(i *Incident) {
			i.Name, i.Seed, i.Nothing, i.Waiting, i.Sick = "400 waiting", 17, true, 400, always(hanging)
		},
	)
}

func edited(edits ...func(*Incident)) []Incident {
	incidents := make([]Incident, len(edits))
	for n, edit := range edits {
		incidents[n] = Default()
		edit(&incidents[n])
	}
	return incidents
}
