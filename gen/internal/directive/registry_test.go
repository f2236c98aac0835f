package directive

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRegistryIsConsistent(t *testing.T) {
	t.Parallel()
	names, fields := map[string]bool{}, map[string]bool{}
	for _, def := range Registry() {
		assert.False(t, names[def.Name], "%s is defined twice", def.Name)
		names[def.Name] = true
		assert.NotZero(t, def.Targets, def.Name)
		assert.Regexp(t, `^[A-Z].*[a-z]\.$`, def.Doc, def.Name)
		aliases, keys := map[string]bool{}, map[string]bool{}
		for i, arg := range def.Args {
			id := def.Name + " " + arg.Key
			assert.False(t, keys[arg.Key], "%s is defined twice", id)
			keys[arg.Key] = true
			assert.True(t, arg.Key != "" || i == 0, "%s: the positional argument comes first", id)
			assert.Regexp(t, `^[A-Za-z].*[a-z0-9)]\.$`, arg.Doc, id)
			for _, other := range []string{arg.With, arg.Without, arg.Needs} {
				assert.True(t, other == "" || def.Arg(other) != nil, "%s names %s", id, other)
			}
			if arg.Only != "" {
				assert.Contains(t, def.Arg("").Words, arg.Only, id)
			}
			if arg.Against != "" {
				other, ok := Lookup(arg.Against)
				require.True(t, ok, id)
				assert.NotNil(t, other.Arg(arg.Key), id)
			}
			assert.Equal(t, arg.Kind == Word, len(arg.Words) > 0 && arg.Kind != Name, id)
			assert.Equal(t, arg.Kind == Range, arg.FieldHigh != "", "%s: a range fills two fields", id)
			for _, field := range []string{arg.Field, arg.FieldHigh} {
				if head, _, nested := strings.Cut(field, "."); nested {
					assert.NotEmpty(t, StructOf(head), "%s: type of the field %s", id, head)
				}
				assert.False(t, field != "" && fields[field], "%s: the field %s is filled twice", id, field)
				fields[field] = true
			}
			for _, alias := range arg.Aliases {
				assert.False(t, aliases[alias], "%s: alias %s is given twice", id, alias)
				assert.Nil(t, def.Arg(alias), "%s: alias %s is a key", id, alias)
				aliases[alias] = true
			}
		}
		for _, alias := range def.Aliases {
			_, ok := Lookup(alias)
			assert.False(t, ok, "%s: alias %s is a directive", def.Name, alias)
		}
	}
	_, ok := Lookup("timeout")
	assert.False(t, ok, "timeout is the open period of the breaker; the limit of a call is a deadline")
}

// The directives, their arguments and their defaults are promised to users: a change here is a change of the language.
func TestRegistryIsTheLanguage(t *testing.T) {
	t.Parallel()
	var got []string
	for _, def := range Registry() {
		for _, arg := range def.Args {
			got = append(got, fmt.Sprintf("%s %s=%s %s", def.Name, arg.Key, arg.Default, arg.Field))
		}
	}
	assert.Equal(t, []string{
		"breaker threshold=5 Threshold", "breaker ratio= Ratio", "breaker min=10 Min", "breaker window=60s Window", "breaker timeout=30s Timeout",
		"breaker max-timeout= MaxTimeout", "breaker max-requests=1 MaxRequests", "breaker slow= Slow", "breaker ramp= Ramp", "breaker surge= Surge",
		"breaker group= Group",
		"failure codes= Failure.Codes", "failure errors= Failure.Errors", "failure result= ", "failure reject= ",
		"ignore codes= Ignore.Codes", "ignore errors= Ignore.Errors",
		"deadline = Deadline",
		"retry max=2 Retry.Max", "retry backoff=200ms..5s Retry.Backoff", "retry on=failure Retry.On", "retry budget=20% Retry.Budget",
		"bulkhead max=10 Bulkhead.Max", "bulkhead wait=0s Bulkhead.Wait",
		"fallback = ", "fallback on=all ", "fallback ttl=10m ", "fallback max=1000 ", "fallback key= ", "fallback similar= ", "fallback expires= ",
		"key = ", "key max=256 ",
		"stream first= Stream.First", "stream idle= Stream.Idle",
		"wrap name= ",
		"off = ",
		"on = ",
	}, got)
}

func TestEveryExampleParses(t *testing.T) {
	t.Parallel()
	for _, def := range Registry() {
		for _, target := range []Target{OnInterface, OnMethod} {
			line, findings := at(def.Example, target)
			if def.Targets&target == 0 {
				require.Len(t, findings, 1, def.Example)
				assert.Contains(t, findings[0].Message, "cannot stand at "+target.String())
				continue
			}
			require.Empty(t, findings, def.Example)
			assert.Equal(t, def.Name, line.Def.Name)
			assert.Equal(t, def.Example, line.String())
		}
	}
}

// written is a directive with one argument, and what else that argument needs to stand there.
func written(def *Definition, arg *Arg, text string) string {
	line := def.String()
	if arg.Only != "" {
		line += " " + arg.Only
	}
	if positional := def.Arg(""); arg.Key != "" && positional != nil && arg.Only == "" {
		line += " X"
	}
	if arg.Key != "" {
		text = arg.Key + "=" + text
	}
	return line + " " + text
}

func TestDefaultsAreWithinBounds(t *testing.T) {
	t.Parallel()
	for _, def := range Registry() {
		for i := range def.Args {
			arg := &def.Args[i]
			if arg.Default == "" {
				continue
			}
			value, err := ParseDefault(arg)
			require.NoError(t, err)
			assert.Equal(t, arg.Default, value.Text)
			line, findings := at(written(&def, arg, arg.Default), OnMethod)
			require.Empty(t, findings)
			got, ok := line.Value(arg.Key)
			require.True(t, ok)
			got.Pos = value.Pos
			assert.Equal(t, value, got, "written, a default means the same")
		}
	}
	_, err := ParseDefault(&Arg{Key: "x", Kind: Int, Default: "many"})
	assert.ErrorContains(t, err, "want a whole number")
}

// outside returns values just below and above an argument's bounds, and within the values at them.
func outside(t *testing.T, arg *Arg) (outside, within []string) {
	t.Helper()
	step := func(text string, by int) string {
		if d, err := time.ParseDuration(text); err == nil {
			return (d + time.Duration(by)).String()
		}
		n, err := strconv.Atoi(text)
		require.NoError(t, err, "bound of %s", arg.Key)
		return strconv.Itoa(n + by)
	}
	switch arg.Kind {
	case Share:
		if arg.Min != "" {
			require.Equal(t, []string{"100%", "1000%"}, []string{arg.Min, arg.Max})
			return []string{"0", "99.9%", "0.99", "1000.1%", "10.01", "-1%", "NaN", "2e1", "", "%"}, []string{"100%", "1", "120%", "1.5", "10.0"}
		}
		require.Empty(t, arg.Min)
		require.Equal(t, "100%", arg.Max)
		return []string{"0", "0%", "0.0", "100.1%", "1.01", "-1%", "NaN", "1e-1", "50 %", "", "%"}, []string{"100%", "1", "0.01%", ".5", "1.0"}
	case Range:
		return []string{step(arg.Min, -1) + "..2s", "2s.." + step(arg.Max, 1), "2s..1s", "2s", "2s..", "..2s", "1..2"},
			[]string{arg.Min + ".." + arg.Max, "2s..2s"}
	case Int, Duration:
		outside, within = []string{step(arg.Min, -1), step(arg.Max, 1), "-1", "x", "", "1.5", "99999999999999999999"}, []string{arg.Min, arg.Max}
	}
	return outside, within
}

func TestEveryBoundRejects(t *testing.T) {
	t.Parallel()
	bounds := 0
	for _, def := range Registry() {
		for i := range def.Args {
			arg := &def.Args[i]
			bad, good := outside(t, arg)
			bounds += len(bad)
			for _, text := range bad {
				_, _, err := parseValue(arg, text)
				require.NotNil(t, err, "%s %s=%s", def.Name, arg.Key, text)
				assert.True(t, strings.HasPrefix(err.reason, "want ") || strings.HasPrefix(err.reason, "the range "), err.reason)
				line := written(&def, arg, text)
				if text == "" || strings.Contains(text, " ") {
					continue // findings about the writing come before those about the value
				}
				parsed, findings := at(line, OnMethod)
				assert.Nil(t, parsed, line)
				require.Len(t, findings, 1, line)
				assert.Equal(t, strings.LastIndex(line, " ")+2, findings[0].Pos.Column, line)
			}
			for _, text := range good {
				_, findings := at(written(&def, arg, text), OnMethod)
				assert.Empty(t, findings, "%s %s=%s", def.Name, arg.Key, text)
			}
		}
	}
	assert.Greater(t, bounds, 100)
}
