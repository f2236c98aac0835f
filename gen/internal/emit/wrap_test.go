package emit

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestArticle(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Provider": "a", "provider": "a", "Answerer": "an", "inbox": "an", "Élan": "an", "世界": "a", "I": "an", "X": "an", "R": "an", "T": "a",
		// By its sound, where it sounds like you or one.
		"UserStore": "a", "usage": "a", "UnitOfWork": "a", "Universe": "a", "UnaryCaller": "a", "Utility": "a", "EUMarket": "an", "European": "a", "OneTime": "a",
		"Upstream": "an", "Updater": "an", "Uploader": "an", "Unlocker": "an", "Uninstaller": "an",
		// Letters that are spelt out, and those that make a word.
		"LLM": "an", "HTTPClient": "an", "SMSGateway": "an", "S3": "an", "XMLReader": "an", "RPC": "an", "MQTTBroker": "an", "APIClient": "an",
		"URLStore": "a", "UUIDs": "a", "DBClient": "a", "TCPConn": "a", "NATSConn": "a", "RESTClient": "a", "SAMLProvider": "a", "FIFO": "a",
	} {
		assert.Equal(t, want, article(name), name)
	}
}
