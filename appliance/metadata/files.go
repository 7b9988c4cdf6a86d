package metadata

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// writeFiles reads write_files. A file must be below FilesDir: there is nowhere
// else to write, and nothing else would read it.
func (p *parser) writeFiles(n *yaml.Node) error {
	nodes, err := list(n, "write_files")
	if err != nil {
		return err
	}
	for _, n := range nodes {
		f := File{Mode: 0o600}
		content, encoding := "", ""
		err := eachKey(n, func(key string, keyNode, value *yaml.Node) (err error) {
			switch key {
			case "path":
				f.Path, err = item(value, key)
			case "content":
				content, err = item(value, key)
			case "encoding":
				encoding, err = item(value, key)
			case "permissions":
				f.Mode, err = permissions(value)
			case "append":
				if more, e := yes(value, key); e != nil || more {
					err = fmt.Errorf("line %d: write_files: append is not supported", keyNode.Line)
				}
			case "owner", "defer": // there is one user, and one time
			default:
				p.c.warn("%sline %d: write_files: %s means nothing to this machine", p.place, keyNode.Line, keyName(key))
			}
			return err
		})
		if err != nil {
			return err
		}
		if err := checkPath(f.Path); err != nil {
			return fmt.Errorf("line %d: write_files: %w", n.Line, err)
		}
		if f.Content, err = decodeContent(content, encoding); err != nil {
			return fmt.Errorf("line %d: write_files: %w", n.Line, err)
		}
		p.c.Files = append(p.c.Files, f)
		if len(p.c.Files) > MaxFiles {
			return fmt.Errorf("line %d: write_files: more than %d files", n.Line, MaxFiles)
		}
	}
	return nil
}

// checkPath tells whether a file may be there.
func checkPath(name string) error {
	if name != path.Clean(name) || !strings.HasPrefix(name, FilesDir+"/") || len(name) > 200 || strings.Count(name, "/") > 6 {
		return fmt.Errorf("files can only be below %s/", FilesDir)
	}
	return nil
}

// permissions reads an octal number.
func permissions(n *yaml.Node) (uint32, error) {
	mode, err := strconv.ParseUint(strings.TrimPrefix(n.Value, "0o"), 8, 32)
	if err != nil || mode > 0o777 {
		return 0, fmt.Errorf("line %d: write_files: permissions wants an octal number as in '0600'", n.Line)
	}
	return uint32(mode), nil
}

// decodeContent undoes a file's encoding, by cloud-init's names.
func decodeContent(content, encoding string) ([]byte, error) {
	data := []byte(content)
	packed, encoded := false, false
	switch encoding {
	case "", "text/plain":
	case "b64", "base64":
		encoded = true
	case "gz+b64", "gzip+b64", "gz+base64", "gzip+base64":
		encoded, packed = true, true
	case "gz", "gzip":
		packed = true
	default:
		return nil, fmt.Errorf("encoding wants base64 or gz+base64")
	}
	if encoded {
		plain, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(content), ""))
		if err != nil {
			return nil, fmt.Errorf("the content is not base64")
		}
		data = plain
	}
	if packed {
		return gunzip(data)
	}
	return data, nil
}

// gunzip decompresses at most MaxDecoded bytes.
func gunzip(data []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err == nil {
		data, err = io.ReadAll(io.LimitReader(r, MaxDecoded+1))
	}
	if err != nil {
		return nil, fmt.Errorf("it cannot be decompressed: %w", err)
	}
	if len(data) > MaxDecoded {
		return nil, fmt.Errorf("it has more than %d bytes when decompressed", MaxDecoded)
	}
	return data, nil
}
