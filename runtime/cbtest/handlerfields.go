package cbtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// fields are what a request says, each of which must be asked for.
type fields struct {
	json   bool
	values map[string]string
	errs   []error
}

// readFields reads a form, or an object of JSON whose values are texts and numbers.
func readFields(r *http.Request) (*fields, error) {
	f := &fields{values: map[string]string{}}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "application/json" {
		if err := r.ParseForm(); err != nil {
			return nil, err
		}
		for name, values := range r.PostForm {
			if len(values) > 1 {
				return nil, fmt.Errorf("%s is given more than once", name)
			}
			f.values[name] = strings.TrimSpace(values[0])
		}
		return f, nil
	}
	f.json = true
	object := map[string]any{}
	decoder := json.NewDecoder(r.Body)
	decoder.UseNumber()
	if err := decoder.Decode(&object); err != nil {
		return nil, fmt.Errorf("want an object of JSON: %w", err)
	}
	for name, value := range object {
		switch value := value.(type) {
		case string:
			f.values[name] = value
		case json.Number:
			f.values[name] = value.String()
		default:
			return nil, fmt.Errorf("%s must be a text or a number", name)
		}
	}
	return f, nil
}

// fault reads one that ends within the longest time.
func (f *fields) fault(now time.Time, longest time.Duration) (Fault, error) {
	fault := Fault{
		Client: f.text("client"), Method: f.text("method"), Key: f.text("key"), Kind: Kind(f.text("kind")),
		Code: f.count("code"), RetryAfter: f.duration("retry_after"), Delay: f.duration("delay"), Items: f.count("items"),
		Share: f.share("share"), Times: f.count("times"),
	}
	begin, length := f.duration("in"), f.duration("for")
	if length <= 0 || length > longest {
		_ = f.wrong("for", fmt.Sprintf("a duration of up to %v, for it must end", longest))
	}
	if begin < 0 || begin > longest {
		_ = f.wrong("in", fmt.Sprintf("a duration of up to %v", longest))
	}
	if begin > 0 {
		fault.From = now.Add(begin)
	}
	fault.Until = now.Add(begin + length)
	return fault, errors.Join(f.done(), fault.Validate())
}

// done tells what was wrong, and of fields that nobody asked for.
func (f *fields) done() error {
	for _, name := range slices.Sorted(maps.Keys(f.values)) {
		f.errs = append(f.errs, fmt.Errorf("there is no field %q", name))
	}
	return errors.Join(f.errs...)
}

func (f *fields) wrong(name, want string) error {
	err := fmt.Errorf("%s must be %s", name, want)
	f.errs = append(f.errs, err)
	return err
}

func (f *fields) text(name string) string {
	value := f.values[name]
	delete(f.values, name)
	return value
}

func (f *fields) count(name string) int {
	return read(f, name, "a number", strconv.Atoi)
}

func (f *fields) duration(name string) time.Duration {
	return read(f, name, `a duration such as "1m30s"`, time.ParseDuration)
}

// share is a number or a percentage.
func (f *fields) share(name string) float64 {
	return read(f, name, `a share such as 0.3 or "30%"`, func(text string) (float64, error) {
		number, percent := strings.CutSuffix(text, "%")
		share, err := strconv.ParseFloat(number, 64)
		if percent {
			share /= 100
		}
		return share, err
	})
}

// read is zero where the field is not there, or empty as forms leave it.
func read[T any](f *fields, name, want string, parse func(string) (T, error)) (value T) {
	text := f.text(name)
	if text == "" {
		return value
	}
	value, err := parse(text)
	if err != nil {
		_ = f.wrong(name, want)
	}
	return value
}
