package cb

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ReadPolicies lays policies from JSON over defaults, which are what a generated Default<Iface>Policies returns. The object's keys
// are methods; in them stand directives and their keys as in the source, durations as strings, shares as "50%" or 0.5:
//
//	{"Complete": {"breaker": {"threshold": 3, "timeout": "10s"}, "failure": {"codes": "529"}, "deadline": "5s", "retry": {"max": 0}}}
//
// A fallback is named as its line in the source names it, and only those of the source can be:
//
//	{"Complete": {"fallback": {"cache": {"ttl": "1h", "max": 500, "similar": "80%"}, "Apologize": {"on": "open"}}}}
//
// What is not named stays as it is. A 0, and "off" for a duration or a share, is the zero of its field in [Policy]: it switches off,
// or is the default. An unknown method, directive or key is an error, and so is a policy that [Policy.Validate] refuses; each error
// names its method, and all are returned at once.
//
// Directives are checked against what a method takes and returns, policies are not: a Deadline does not reach a method without a
// context.Context, and ends at once what is read after a method has returned, unless it is a //cb:stream; a retry sends again what
// is left of an io.Reader.
func ReadPolicies[P any](defaults P, data []byte) (P, error) {
	policies := defaults
	target := reflect.ValueOf(&policies).Elem()
	if target.Kind() != reflect.Struct {
		return defaults, fmt.Errorf("policies: %T is no struct with a policy for each method", defaults)
	}
	var methods map[string]json.RawMessage
	if err := json.Unmarshal(data, &methods); err != nil {
		return defaults, fmt.Errorf("policies: %w", withoutTypes(err))
	}
	var errs []error
	for method, text := range methods {
		policy, ok := fieldOf(target, method)
		if !ok {
			errs = append(errs, fmt.Errorf("policies: there is no guarded method %s", method))
			continue
		}
		if err := json.Unmarshal(text, policy); err != nil {
			errs = append(errs, fmt.Errorf("policies: %s: %w", method, err))
		} else if err := policy.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("policies: %s: %w", method, err))
		}
	}
	if len(errs) > 0 {
		slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
		return defaults, errors.Join(errs...)
	}
	return policies, nil
}

// fieldOf finds the policy of a method. An interface may have unexported methods, whose fields reflection cannot set.
func fieldOf(policies reflect.Value, method string) (*Policy, bool) {
	field := policies.FieldByName(method)
	if !field.IsValid() || !field.CanSet() {
		return nil, false
	}
	policy, ok := field.Addr().Interface().(*Policy)
	return policy, ok
}

// policyJSON is a Policy as the directives write it. A nil says nothing.
type policyJSON struct {
	Breaker *struct {
		Threshold   *int      `json:"threshold"`
		Ratio       *share    `json:"ratio"`
		Min         *int      `json:"min"`
		Window      *duration `json:"window"`
		Timeout     *duration `json:"timeout"`
		MaxTimeout  *duration `json:"max-timeout"`
		MaxRequests *int      `json:"max-requests"`
		Slow        *duration `json:"slow"`
		Ramp        *duration `json:"ramp"`
		Surge       *share    `json:"surge"`
		Group       *text     `json:"group"`
	} `json:"breaker"`
	Failure  *matchJSON `json:"failure"`
	Ignore   *matchJSON `json:"ignore"`
	Deadline *duration  `json:"deadline"`
	Retry    *struct {
		Max     *int   `json:"max"`
		Backoff *span  `json:"backoff"`
		On      *On    `json:"on"`
		Budget  *share `json:"budget"`
	} `json:"retry"`
	Bulkhead *struct {
		Max  *int      `json:"max"`
		Wait *duration `json:"wait"`
	} `json:"bulkhead"`
	Stream *struct {
		First *duration `json:"first"`
		Idle  *duration `json:"idle"`
	} `json:"stream"`
	Fallback map[string]fallbackJSON `json:"fallback"`
}

type fallbackJSON struct {
	On      *On       `json:"on"`
	TTL     *duration `json:"ttl"`
	Max     *int      `json:"max"`
	Similar *share    `json:"similar"`
	Expires *duration `json:"expires"`
}

// matchJSON has no errors: they are Go values, and stay as they are.
type matchJSON struct {
	Codes *text `json:"codes"`
}

// UnmarshalJSON lays what data says over the policy: see [ReadPolicies] for the form. Unknown keys are errors.
func (p *Policy) UnmarshalJSON(data []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var read policyJSON
	if err := decoder.Decode(&read); err != nil {
		return errors.New(strings.TrimPrefix(withoutTypes(err).Error(), "json: "))
	}
	if b := read.Breaker; b != nil {
		set(&p.Threshold, b.Threshold)
		setAs(&p.Ratio, b.Ratio)
		set(&p.Min, b.Min)
		setAs(&p.Window, b.Window)
		setAs(&p.Timeout, b.Timeout)
		setAs(&p.MaxTimeout, b.MaxTimeout)
		set(&p.MaxRequests, b.MaxRequests)
		setAs(&p.Slow, b.Slow)
		setAs(&p.Ramp, b.Ramp)
		setAs(&p.Surge, b.Surge)
		setText(&p.Group, b.Group)
	}
	if read.Failure != nil {
		setText(&p.Failure.Codes, read.Failure.Codes)
	}
	if read.Ignore != nil {
		setText(&p.Ignore.Codes, read.Ignore.Codes)
	}
	setAs(&p.Deadline, read.Deadline)
	if r := read.Retry; r != nil {
		set(&p.Retry.Max, r.Max)
		if r.Backoff != nil {
			p.Retry.Backoff, p.Retry.MaxBackoff = r.Backoff.low, r.Backoff.high
		}
		set(&p.Retry.On, r.On)
		setAs(&p.Retry.Budget, r.Budget)
	}
	if b := read.Bulkhead; b != nil {
		set(&p.Bulkhead.Max, b.Max)
		setAs(&p.Bulkhead.Wait, b.Wait)
	}
	if s := read.Stream; s != nil {
		setAs(&p.Stream.First, s.First)
		setAs(&p.Stream.Idle, s.Idle)
	}
	return p.setFallbacks(read.Fallback)
}

// withoutTypes tells what package json found wrong, without the Go types in its text.
func withoutTypes(err error) error {
	wrong := (*json.UnmarshalTypeError)(nil)
	switch {
	case !errors.As(err, &wrong):
		return err
	case wrong.Field == "":
		return fmt.Errorf("want an object, not a JSON %s", wrong.Value)
	default:
		return fmt.Errorf("%s cannot be a JSON %s", strings.TrimPrefix(wrong.Field, "."), wrong.Value)
	}
}

// setFallbacks changes the fallbacks of the names, on a copy: policies with the same fallbacks share them.
func (p *Policy) setFallbacks(named map[string]fallbackJSON) error {
	fallbacks := slices.Clone(p.Fallbacks)
	for _, name := range slices.Sorted(maps.Keys(named)) {
		read := named[name]
		if name != "cache" && (read.TTL != nil || read.Max != nil || read.Similar != nil) {
			return fmt.Errorf("fallback %s: ttl, max and similar are those of cache", name)
		}
		if name != "queue" && read.Expires != nil {
			return fmt.Errorf("fallback %s: expires is that of queue", name)
		}
		known := false
		for i := range fallbacks {
			if f := &fallbacks[i]; f.Name == name {
				known = true
				set(&f.On, read.On)
				setAs(&f.TTL, read.TTL)
				setAs(&f.TTL, read.Expires)
				set(&f.Max, read.Max)
				setAs(&f.Similar, read.Similar)
			}
		}
		if !known {
			return fmt.Errorf("there is no fallback %s", name)
		}
	}
	p.Fallbacks = fallbacks
	return nil
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

func setAs[T ~int64 | ~float64, V ~int64 | ~float64](field *T, value *V) {
	if value != nil {
		*field = T(*value)
	}
}

func setText(field *string, value *text) {
	if value != nil {
		*field = string(*value)
	}
}

// text is any, or "off".
type text string

func (t *text) UnmarshalText(data []byte) error {
	if *t = text(data); *t == "off" {
		*t = ""
	}
	return nil
}

// duration is a time.Duration written as a string: "30s", or "off".
type duration time.Duration

func (d *duration) UnmarshalText(text []byte) error {
	if string(text) == "off" {
		*d = 0
		return nil
	}
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a duration such as 500ms, 30s or 1m30s", text)
	}
	*d = duration(parsed)
	return nil
}

// span is a range of durations: "200ms..5s".
type span struct{ low, high time.Duration }

func (s *span) UnmarshalText(text []byte) error {
	low, high, ok := strings.Cut(string(text), "..")
	var errLow, errHigh error
	s.low, errLow = time.ParseDuration(low)
	s.high, errHigh = time.ParseDuration(high)
	if !ok || errLow != nil || errHigh != nil {
		return fmt.Errorf("%q is not a range such as 200ms..5s", text)
	}
	return nil
}

// share is a number, or a string such as "50%".
type share float64

func (s *share) UnmarshalJSON(data []byte) error {
	text := strings.Trim(string(data), `"`)
	number, percent := strings.CutSuffix(text, "%")
	f, err := strconv.ParseFloat(number, 64)
	if err != nil {
		if text == "off" {
			*s = 0
			return nil
		}
		return fmt.Errorf("%s is not a share such as 50%% or 0.5", text)
	}
	if percent {
		f /= 100
	}
	*s = share(f)
	return nil
}
