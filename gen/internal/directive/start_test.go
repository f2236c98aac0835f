package directive

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is recommended is what the incidents are played with.
func TestStartIsWhatIncidentsPlay(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../../../testdata/peers/incident/provider.go")
	require.NoError(t, err)
	for _, line := range start {
		assert.Contains(t, string(source), line.text+"\n")
		_, findings := at(line.text, OnMethod)
		assert.Empty(t, findings)
	}
}
