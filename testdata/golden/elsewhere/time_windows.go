package elsewhere

func context() string { return "declared where the build is for windows" }

var _ = context
