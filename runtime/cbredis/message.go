package cbredis

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	cb "github.com/cbgen/cbgen/runtime"
)

// circuitID names a circuit in the whole fleet.
type circuitID struct {
	Client  string `json:"client"`
	Circuit string `json:"circuit"`       // the method; of a group "group:" and its name, which no method is called
	Key     string `json:"key,omitempty"` // of a keyed breaker
}

// idOf is false for a breaker that is not shared: the one of [cb.OverflowKey] stands for other values in each replica.
func idOf(s *cb.Snapshot) (circuitID, bool) {
	id := circuitID{Client: s.Client, Circuit: s.Method, Key: s.Key}
	if group := s.Policy.Group; group != "" {
		id.Circuit = "group:" + group
	}
	return id, id.Key != cb.OverflowKey
}

// text is the same in every replica: members of a set and names of keys are made of it.
func (id circuitID) text() string {
	text, _ := json.Marshal(id) // strings alone: it cannot fail
	return string(text)
}

type kind string

const (
	opened  kind = "open"    // the circuit is open For so long
	probing kind = "probing" // a replica probes, or is about to: its verdict comes in For so long, or never
	closed  kind = "closed"  // a probe succeeded
)

// message is what replicas tell each other. It says how long, not until when: their clocks may differ.
type message struct {
	Kind  kind          `json:"kind"`
	From  string        `json:"from"` // the replica
	ID    circuitID     `json:"id"`
	For   time.Duration `json:"-"`
	Milli int64         `json:"ms,omitempty"` // For, which is of no use to people
	Cause string        `json:"cause,omitempty"`

	release bool // the sender's lease is over
}

const (
	maxMessage = 4 << 10          // bytes
	maxCause   = 256              // bytes
	maxPeriod  = 24 * time.Hour   // a message that says longer is wrong
	minPeriod  = time.Millisecond // what one can say
)

func (m message) encode() []byte {
	m.Milli = max(m.For, minPeriod).Milliseconds()
	text, _ := json.Marshal(m) // strings and a number: it cannot fail
	return text
}

// decode trusts nobody: whoever may publish may publish anything.
func decode(text string) (message, error) {
	var m message
	if len(text) > maxMessage {
		return m, errors.New("too long")
	}
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return m, err
	}
	if m.Kind != opened && m.Kind != probing && m.Kind != closed {
		return m, fmt.Errorf("of an unknown kind: %q", m.Kind)
	}
	if m.Milli < 0 || m.Milli > maxPeriod.Milliseconds() {
		return m, fmt.Errorf("%d ms is no period", m.Milli)
	}
	m.For = time.Duration(m.Milli) * time.Millisecond
	m.Cause = cut(m.Cause)
	return m, nil
}

// textOf is called without the lock: an error's text is the user's code. A panic in it must not keep the others from hearing that
// a breaker has opened.
func textOf(err error) (text string) {
	if err == nil {
		return ""
	}
	defer func() {
		if reason := recover(); reason != nil {
			text = cut(fmt.Sprintf("%T, whose Error panicked", err))
		}
	}()
	return cut(err.Error())
}

// cut bounds what is made of an error's text.
func cut(text string) string {
	text = strings.ToValidUTF8(text, string(utf8.RuneError))
	if len(text) <= maxCause {
		return text
	}
	end := maxCause
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// FleetError is why a breaker is open that another replica has opened, or the fleet together.
type FleetError struct {
	Replica string // who said so; "" where that is not known any more
	Cause   string // the failure there, as text; "" where it is not known
}

// Error names both.
func (e *FleetError) Error() string {
	text := "opened by another replica"
	if e.Replica != "" {
		text = "opened by replica " + e.Replica
	}
	if e.Cause != "" {
		text += ": " + e.Cause
	}
	return text
}
