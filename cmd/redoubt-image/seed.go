package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/redoubt-kv/redoubt/appliance/metadata/volume"
)

// seed makes a NoCloud disk: an ISO 9660 file system with the label cidata.
func seed(args []string, stdin io.Reader, stderr io.Writer) error {
	flags := flag.NewFlagSet("redoubt-image seed", flag.ContinueOnError)
	flags.SetOutput(stderr)
	output := flags.String("o", "", "the disk to write (required)")
	userData := flags.String("user-data", "", "file with the user data; - is standard input")
	password := flags.String("password-file", "", "instead of -user-data: a file whose first line is the server's password")
	metaData := flags.String("meta-data", "", "file with the meta data (default: an instance id made of the user data)")
	network := flags.String("network-config", "", "file with the network's configuration")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *output == "" || (*userData == "") == (*password == "") || flags.NArg() > 0 {
		return errors.New("seed wants -o FILE and either -user-data FILE or -password-file FILE")
	}
	user, err := seedUserData(*userData, *password, stdin)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(user)
	meta := []byte("instance-id: seed-" + hex.EncodeToString(sum[:8]) + "\n")
	if *metaData != "" {
		if meta, err = os.ReadFile(*metaData); err != nil {
			return err
		}
	}
	files := []volume.File{{Name: "user-data", Content: user}, {Name: "meta-data", Content: meta}}
	if *network != "" {
		text, err := os.ReadFile(*network)
		if err != nil {
			return err
		}
		files = append(files, volume.File{Name: "network-config", Content: text})
	}
	var disk bytes.Buffer
	if err := volume.WriteISO(&disk, "cidata", files); err != nil {
		return err
	}
	// There may be a password on it.
	if err := os.WriteFile(*output, disk.Bytes(), 0o600); err != nil {
		return err
	}
	return os.Chmod(*output, 0o600) // of a file that was there already
}

// seedUserData returns the user data: a file's, or one made of a password.
func seedUserData(name, passwordFile string, stdin io.Reader) ([]byte, error) {
	switch {
	case name == "-":
		return io.ReadAll(stdin)
	case name != "":
		return os.ReadFile(name)
	}
	text, err := os.ReadFile(passwordFile)
	if err != nil {
		return nil, err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	line = strings.TrimSuffix(line, "\r")
	if line == "" {
		return nil, fmt.Errorf("%s: its first line, the password, is empty", passwordFile)
	}
	return []byte("#redoubt\nrequirepass " + quote(line) + "\n"), nil
}

// quote writes a word as redis.conf takes it: every byte that could mean
// something else as a hexadecimal number.
func quote(word string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range []byte(word) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == ' ' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, `\x%02x`, c)
		}
	}
	return b.String() + `"`
}
