package incident

import (
	"sync"
	"testing/synctest"
	"time"
)

// What is played around an incident.
const (
	before = 30 * time.Second
	after  = 2 * time.Minute
	again  = 10 * time.Second // a waiting caller who was not answered asks again, give or take a tenth
)

// Play plays an incident behind a guard. It must run in a bubble of testing/synctest; there it takes about eight minutes, and ends
// when all that it started has.
func Play(incident Incident, guard Guard) Figures {
	u := newUpstream(&incident, time.Now().Add(before))
	provider, closeGuard := guard.New(u)
	p := player{incident: incident, service: newService(provider, u, incident.Workers), start: u.start}

	end := incident.Length + after
	p.offer(users, -before, end, incident.Rate, func(n int) {
		p.service.ask(Request{ID: users.id(n), Model: n % incident.Models}, false)
	})
	p.offer(readers, -before, end, incident.Rate, func(int) { p.service.read() })
	p.offer(flood, 0, incident.Length, incident.Flood, func(n int) {
		p.service.ask(Request{ID: flood.id(n), Model: n / 2 % incident.Models, Bad: n%2 == 0}, n%2 == 1)
	})
	p.offer(waiting, 0, again, incident.Waiting/int(again/time.Second), func(n int) { p.wait(n, end) })
	p.under.Wait()
	time.Sleep(2 * hang) // guards may have left calls behind
	synctest.Wait()
	closeGuard()
	return p.service.figures(&incident)
}

// source is one of the streams of requests.
type source uint64

const (
	users source = 1 + iota
	readers
	flood
	waiting
)

// id tells the n-th request of a source from all others.
func (s source) id(n int) uint64 { return uint64(s)<<32 | uint64(n) } //nolint:gosec // not negative

type player struct {
	incident Incident
	service  *service
	start    time.Time
	under    sync.WaitGroup
}

// offer makes requests at a steady rate, each a little off its beat: of two things at the same moment, which comes first would be
// up to the scheduler.
func (p *player) offer(from source, since, until time.Duration, rate int, request func(n int)) {
	if rate == 0 {
		return
	}
	beat := time.Second / time.Duration(rate)
	p.under.Go(func() {
		for n := 0; since+time.Duration(n)*beat < until; n++ {
			p.sleepUntil(since + time.Duration((float64(n)+p.chance(from.id(n))/10)*float64(beat)))
			p.under.Go(func() { request(n) })
		}
	})
}

// wait is a caller who asks until there is an answer.
func (p *player) wait(n int, until time.Duration) {
	for try := 0; p.service.now() < until; try++ {
		id := waiting.id(n<<12 | try)
		if p.service.ask(Request{ID: id, Model: n % p.incident.Models}, false) {
			return
		}
		time.Sleep(time.Duration((0.9 + 0.2*p.chance(id)) * float64(again)))
	}
}

// chance is a number from 0 up to 1, drawn for one request.
func (p *player) chance(id uint64) float64 { return unit(mix(p.incident.Seed ^ mix(id))) }

func (p *player) sleepUntil(at time.Duration) { time.Sleep(time.Until(p.start.Add(at))) }
