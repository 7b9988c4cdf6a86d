package volume

import "io"

func openUDF(io.ReaderAt) (*Volume, error) { return nil, ErrUnknown }
