// Package cbhttp puts what has no Go interface of its own behind breakers of package cb: the requests of an HTTP client
// ([Transport]) and the handlers of a gateway ([Middleware]). It also has what generated code needs to judge responses by their
// status. It takes the standard library only.
package cbhttp
