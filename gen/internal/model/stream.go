package model

// Stream is how a result is guarded that is read after the method has returned.
type Stream struct {
	Result string      // its type as the closures spell it
	Wrap   string      // the runtime's function that makes the caller's stream, "" where Type is it
	Type   *StreamType // nil: one of the runtime's
	Guard  string      // Type: a free name for what it guards
	Answer Pair        // Channel: variables for what the runtime returns
	Closed string      // Channel: a variable for the channel that stands for an error
	Item   string      // Channel: type of its items
}

// StreamType is a generated implementation of an interface whose values are read item by item.
type StreamType struct {
	Name     string // clientBreakerTailStream
	Of       string // the interface
	Receiver string
	Guard    string // field that holds the cb.StreamGuard
	Ended    string // field that says that there are no more items, "" where nothing asks for it
	Err      string // field that holds how it ended, "" where nothing asks for it
	Methods  []StreamMethod
}

// StreamRole says what a method of a stream does.
type StreamRole uint8

// The roles of a stream's methods.
const (
	Delegate    StreamRole = iota // neither carries the stream on nor ends it
	NextItem                      // Next() bool
	EndError                      // Err() error
	ReceiveItem                   // Recv() (V, error), whose end is io.EOF
	CloseStream                   // Close, with an error or without
)

// StreamMethod is a method of a StreamType.
type StreamMethod struct {
	Name    string
	Role    StreamRole
	Params  []Param
	Results []Param
	Call    string // arguments of the source's method
	Item    string // ReceiveItem: a variable for the item
	Err     string // ReceiveItem: a variable for the error
	Source  string // CloseStream: a parameter for the source
	Again   string // NextItem, ReceiveItem: a variable that says whether another source goes on
}
