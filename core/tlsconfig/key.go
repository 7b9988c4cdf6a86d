package tlsconfig

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"hash"
)

// errPass is of a pass phrase that is missing or wrong.
var errPass = errors.New("the pass phrase is wrong, or tls-key-file-pass is missing")

// decryptKey returns PEM with the key in plain text. Keys are encrypted in two ways:
//
//	-----BEGIN ENCRYPTED PRIVATE KEY-----   PKCS #8 with PBES2 (RFC 8018)
//	-----BEGIN RSA PRIVATE KEY-----         OpenSSL's own, with a header
//	DEK-Info: AES-256-CBC,…                 "DEK-Info" (RFC 1421)
func decryptKey(text []byte, pass string) ([]byte, error) {
	for rest := text; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return text, nil // what it is, tls.X509KeyPair says
		}
		switch {
		case block.Type == "ENCRYPTED PRIVATE KEY":
			der, err := decryptPKCS8(block.Bytes, pass)
			if err != nil {
				return nil, err
			}
			return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
		case x509.IsEncryptedPEMBlock(block): //nolint:staticcheck // weak, but what openssl rsa -traditional writes
			der, err := x509.DecryptPEMBlock(block, []byte(pass)) //nolint:staticcheck
			if err != nil {
				return nil, errPass
			}
			return pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: der}), nil
		}
	}
}

// The structures of RFC 8018, appendix A.
type (
	encryptedKey struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	pbes2 struct{ KDF, Cipher pkix.AlgorithmIdentifier }
	pbkdf struct {
		Salt       []byte
		Iterations int
		KeyLength  int                      `asn1:"optional"`
		PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
	}
)

// maxIterations bounds what a file can have the server compute.
const maxIterations = 50_000_000

var (
	oidPBES2  = "1.2.840.113549.1.5.13"
	oidPBKDF2 = "1.2.840.113549.1.5.12"
)

// prfs are HMACs by object identifier; "" is the default.
var prfs = map[string]func() hash.Hash{
	"": sha1.New, "1.2.840.113549.2.7": sha1.New, "1.2.840.113549.2.8": sha256.New224, "1.2.840.113549.2.9": sha256.New,
	"1.2.840.113549.2.10": sha512.New384, "1.2.840.113549.2.11": sha512.New,
}

// ciphers are block ciphers in CBC mode.
var blockCiphers = map[string]struct {
	keyLength int
	make      func([]byte) (cipher.Block, error)
}{
	"2.16.840.1.101.3.4.1.2": {16, aes.NewCipher}, "2.16.840.1.101.3.4.1.22": {24, aes.NewCipher}, "2.16.840.1.101.3.4.1.42": {32, aes.NewCipher},
	"1.2.840.113549.3.7": {24, des.NewTripleDESCipher},
}

func decryptPKCS8(der []byte, pass string) ([]byte, error) {
	var key encryptedKey
	if err := parse(der, &key); err != nil {
		return nil, err
	}
	if key.Algorithm.Algorithm.String() != oidPBES2 {
		return nil, fmt.Errorf("the key is encrypted by algorithm %s; only PBES2 can be read (openssl pkcs8 -topk8 -v2 aes-256-cbc)", key.Algorithm.Algorithm)
	}
	var scheme pbes2
	if err := parse(key.Algorithm.Parameters.FullBytes, &scheme); err != nil {
		return nil, err
	}
	block, ok := blockCiphers[scheme.Cipher.Algorithm.String()]
	if !ok {
		return nil, fmt.Errorf("the key is encrypted by cipher %s, which cannot be read", scheme.Cipher.Algorithm)
	}
	derived, err := derive(scheme.KDF, pass, block.keyLength)
	if err != nil {
		return nil, err
	}
	var iv []byte
	if err := parse(scheme.Cipher.Parameters.FullBytes, &iv); err != nil {
		return nil, err
	}
	b, err := block.make(derived)
	if err != nil {
		return nil, fmt.Errorf("make the key's cipher: %w", err)
	}
	return decryptCBC(b, iv, key.Data)
}

func derive(kdf pkix.AlgorithmIdentifier, pass string, keyLength int) ([]byte, error) {
	if kdf.Algorithm.String() != oidPBKDF2 {
		return nil, fmt.Errorf("the key's pass phrase is stretched by algorithm %s; only PBKDF2 can be read", kdf.Algorithm)
	}
	var p pbkdf
	if err := parse(kdf.Parameters.FullBytes, &p); err != nil {
		return nil, err
	}
	prf := prfs[""]
	if len(p.PRF.Algorithm) > 0 {
		if prf = prfs[p.PRF.Algorithm.String()]; prf == nil {
			return nil, fmt.Errorf("the key's pass phrase is stretched by function %s, which cannot be read", p.PRF.Algorithm)
		}
	}
	if p.Iterations < 1 || p.Iterations > maxIterations {
		return nil, fmt.Errorf("the key's pass phrase is stretched by %d rounds", p.Iterations)
	}
	key, err := pbkdf2.Key(prf, pass, p.Salt, p.Iterations, keyLength)
	if err != nil {
		return nil, fmt.Errorf("derive the key of the pass phrase: %w", err)
	}
	return key, nil
}

func decryptCBC(b cipher.Block, iv, data []byte) ([]byte, error) {
	size := b.BlockSize()
	if len(iv) != size || len(data) == 0 || len(data)%size != 0 {
		return nil, errors.New("the encrypted key is damaged")
	}
	plain := bytes.Clone(data)
	cipher.NewCBCDecrypter(b, iv).CryptBlocks(plain, plain)
	pad := int(plain[len(plain)-1])
	if pad < 1 || pad > size || !bytes.Equal(plain[len(plain)-pad:], bytes.Repeat([]byte{byte(pad)}, pad)) {
		return nil, errPass
	}
	return plain[:len(plain)-pad], nil
}

// parse reads all of der.
func parse(der []byte, to any) error {
	rest, err := asn1.Unmarshal(der, to)
	if err == nil && len(rest) > 0 {
		err = errors.New("data after its end")
	}
	if err != nil {
		return fmt.Errorf("the encrypted key is damaged: %w", err)
	}
	return nil
}
