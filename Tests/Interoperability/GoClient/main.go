// A client of the encryption service in Go, with its standard library alone: mutual TLS 1.3, one ttrpc frame each way, and
// protobuf by hand. Protos/PROTOCOL.md has the frames, Protos/fieldseal/v1/encryption.proto the messages.
//
//	go-client ADDRESS IDENTITY CERTIFICATE KEY CA encrypt|decrypt FIELD UUID < value
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"time"
)

const frameLimit = 4 << 20

func main() {
	log.SetFlags(0)
	methods := map[string]string{"encrypt": "Encrypt", "decrypt": "Decrypt"}
	if len(os.Args) != 9 || methods[os.Args[6]] == "" {
		log.Fatal("usage: go-client ADDRESS IDENTITY CERTIFICATE KEY CA encrypt|decrypt FIELD UUID < value")
	}
	method := methods[os.Args[6]]
	connection, err := tls.Dial("tcp", os.Args[1], configuration(os.Args[2], os.Args[3:6]))
	must(err)
	defer connection.Close()
	value, err := io.ReadAll(io.LimitReader(os.Stdin, frameLimit))
	must(err)
	row, err := hex.DecodeString(strings.ReplaceAll(os.Args[8], "-", ""))
	must(err)

	// EncryptItem and DecryptItem have the same fields: field = 1, plaintext or ciphertext = 2, record_id = 3 of columns = 1, uuid = 3.
	record := field(1, field(3, row))
	item := concat(field(1, []byte(os.Args[7])), field(2, value), field(3, record))
	answer, err := call(connection, 1, method, field(1, item))
	must(err)

	// One result for each item: field 1 is the value, field 2 an error with code = 1 and message = 2.
	result := fields(fields(answer)[1])
	if failure, failed := result[2]; failed {
		log.Fatalf("%s: %s", method, fields(failure)[2])
	}
	os.Stdout.Write(result[1])
}

// configuration trusts the authority alone, and at the address the one identity that is expected there.
func configuration(identity string, paths []string) *tls.Config {
	certificate, err := tls.LoadX509KeyPair(paths[0], paths[1])
	must(err)
	authority, err := os.ReadFile(paths[2])
	must(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	return &tls.Config{
		Certificates: []tls.Certificate{certificate},
		MinVersion:   tls.VersionTLS13,
		// The chain is verified below; there is no host name to verify.
		InsecureSkipVerify: true,
		VerifyConnection: func(state tls.ConnectionState) error {
			leaf := state.PeerCertificates[0]
			usage := []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
			if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: usage}); err != nil {
				return err
			}
			if len(leaf.URIs) != 1 || leaf.URIs[0].String() != identity {
				return errors.New("another identity than " + identity)
			}
			return nil
		},
	}
}

// call sends a request frame and reads the response's: length, stream id (odd, rising), kind (1, 2) and flags, then the envelope.
func call(connection *tls.Conn, stream uint32, method string, payload []byte) ([]byte, error) {
	request := concat(field(1, []byte("fieldseal.v1.Encryption")), field(2, []byte(method)), field(3, payload),
		binary.AppendUvarint([]byte{4 << 3}, uint64(10*time.Second)))
	frame := binary.BigEndian.AppendUint32(nil, uint32(len(request)))
	frame = append(binary.BigEndian.AppendUint32(frame, stream), 1, 0)
	connection.SetDeadline(time.Now().Add(11 * time.Second))
	if _, err := connection.Write(append(frame, request...)); err != nil {
		return nil, err
	}
	header := make([]byte, 10)
	if _, err := io.ReadFull(connection, header); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(header)
	if size > frameLimit || binary.BigEndian.Uint32(header[4:]) != stream || header[8] != 2 {
		return nil, errors.New("the server broke the protocol")
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(connection, body); err != nil {
		return nil, err
	}
	// Response: status = 1 with code = 1 and message = 2, absent when all went well; payload = 2.
	response := fields(body)
	if status, failed := response[1]; failed {
		return nil, fmt.Errorf("%s: %s", method, fields(status)[2])
	}
	return response[2], nil
}

// field encodes a length-delimited field.
func field(number int, content []byte) []byte {
	head := binary.AppendUvarint([]byte{byte(number<<3 | 2)}, uint64(len(content)))
	return append(head, content...)
}

// fields decodes a message's length-delimited fields, the last of each number; numbers are passed over.
func fields(message []byte) map[uint64][]byte {
	found := map[uint64][]byte{}
	for reader := bytes.NewReader(message); reader.Len() > 0; {
		tag, err := binary.ReadUvarint(reader)
		must(err)
		size, err := binary.ReadUvarint(reader)
		must(err)
		if tag&7 == 0 {
			continue
		}
		if tag&7 != 2 || size > uint64(reader.Len()) {
			log.Fatal("the answer cannot be read")
		}
		content := make([]byte, size)
		reader.Read(content)
		found[tag>>3] = content
	}
	return found
}

func concat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
