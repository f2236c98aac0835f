package cbgrpc

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

func TestIdempotentByDefinition(t *testing.T) {
	t.Parallel()
	method := func(name string, level *descriptorpb.MethodOptions_IdempotencyLevel) *descriptorpb.MethodDescriptorProto {
		return &descriptorpb.MethodDescriptorProto{
			Name: proto.String(name), InputType: proto.String(".cbgrpctest.Note"), OutputType: proto.String(".cbgrpctest.Note"),
			Options: &descriptorpb.MethodOptions{IdempotencyLevel: level},
		}
	}
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: proto.String("cbgrpctest.proto"), Package: proto.String("cbgrpctest"), Syntax: proto.String("proto3"),
		MessageType: []*descriptorpb.DescriptorProto{{Name: proto.String("Note")}},
		Service: []*descriptorpb.ServiceDescriptorProto{{Name: proto.String("Notes"), Method: []*descriptorpb.MethodDescriptorProto{
			method("Get", descriptorpb.MethodOptions_NO_SIDE_EFFECTS.Enum()),
			method("Put", descriptorpb.MethodOptions_IDEMPOTENT.Enum()),
			method("Add", descriptorpb.MethodOptions_IDEMPOTENCY_UNKNOWN.Enum()),
			method("Move", nil),
		}}},
	}, nil)
	require.NoError(t, err)
	if _, err := protoregistry.GlobalFiles.FindFileByPath(file.Path()); err != nil { // it stays for a second run of this test
		require.NoError(t, protoregistry.GlobalFiles.RegisterFile(file))
	}
	for fullMethod, want := range map[string]bool{
		"/cbgrpctest.Notes/Get": true, "/cbgrpctest.Notes/Put": true, "/cbgrpctest.Notes/Add": false, "/cbgrpctest.Notes/Move": false,
		"/cbgrpctest.Notes/None": false, "/cbgrpctest.Notes": false, "/cbgrpctest.Note": false, "/other.Notes/Get": false, "": false,
	} {
		assert.Equal(t, want, declaredIdempotent(fullMethod), fullMethod)
	}
}
