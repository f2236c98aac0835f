package cbhttp

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
)

// maxModelBody is how far a body is read for the model it names: prompts before it may be long.
const maxModelBody = 1 << 20

// PathAndModel is the key of a request to an API of language models: the path of its URL and, behind a space, the model that its
// JSON body names, so that one model's trouble is not another's. A body without one, or none within its first megabyte, has the
// path alone. It is for a [Middleware], whose handler reads the body as if nobody had before.
func PathAndModel(r *http.Request) string {
	if r.Body == nil || r.Body == http.NoBody {
		return r.URL.Path
	}
	var read bytes.Buffer
	model := member(json.NewDecoder(io.TeeReader(io.LimitReader(r.Body, maxModelBody), &read)), "model")
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(&read, r.Body), r.Body}
	if model == "" {
		return r.URL.Path
	}
	return r.URL.Path + " " + model
}

// member is a string of an object, by its name; "" where there is none.
func member(d *json.Decoder, name string) string {
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return ""
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return ""
		}
		if key == name {
			value, _ := d.Token()
			text, _ := value.(string)
			return text
		}
		var other json.RawMessage
		if err := d.Decode(&other); err != nil {
			return ""
		}
	}
	return ""
}
