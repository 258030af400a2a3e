// The Go side of the interoperability test, on containerd/ttrpc: `serve CERT KEY CA` or `call PORT CERT KEY CA`.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/containerd/ttrpc"
	"github.com/gogo/protobuf/types"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	service = "interoperability.Peer"
	server  = "spiffe://interoperability.local/server"
	client  = "spiffe://interoperability.local/client"
)

func main() {
	log.SetFlags(0)
	switch {
	case len(os.Args) == 5 && os.Args[1] == "serve":
		serve(configuration(os.Args[2:], client))
	case len(os.Args) == 6 && os.Args[1] == "call":
		call(os.Args[2], configuration(os.Args[3:], server))
	default:
		log.Fatal("usage: serve CERT KEY CA | call PORT CERT KEY CA")
	}
}

// configuration trusts the authority alone and pins the peer's identity.
func configuration(paths []string, peer string) *tls.Config {
	certificate, err := tls.LoadX509KeyPair(paths[0], paths[1])
	must(err)
	authority, err := os.ReadFile(paths[2])
	must(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	return &tls.Config{
		Certificates: []tls.Certificate{certificate},
		MinVersion:   tls.VersionTLS13,
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    roots,
		// The chain is verified below; there is no host name to verify.
		InsecureSkipVerify: true,
		VerifyConnection: func(state tls.ConnectionState) error {
			leaf := state.PeerCertificates[0]
			_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
			if err != nil {
				return err
			}
			if len(leaf.URIs) != 1 || leaf.URIs[0].String() != peer {
				return errors.New("another identity")
			}
			return nil
		},
	}
}

func serve(configuration *tls.Config) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	handlers, err := ttrpc.NewServer()
	must(err)
	handlers.Register(service, map[string]ttrpc.Method{
		"Echo": func(_ context.Context, unmarshal func(interface{}) error) (interface{}, error) {
			var message types.StringValue
			return &message, unmarshal(&message)
		},
		"Empty": func(context.Context, func(interface{}) error) (interface{}, error) { return &types.Empty{}, nil },
		"Fail": func(context.Context, func(interface{}) error) (interface{}, error) {
			return nil, status.Error(codes.NotFound, "nothing here")
		},
		"Wait": func(ctx context.Context, _ func(interface{}) error) (interface{}, error) {
			<-ctx.Done()
			return nil, status.FromContextError(ctx.Err()).Err()
		},
		"Describe": func(ctx context.Context, _ func(interface{}) error) (interface{}, error) {
			id, _ := ttrpc.GetMetadataValue(ctx, "fieldseal-request-id")
			deadline, ok := ctx.Deadline()
			left := time.Until(deadline)
			return &types.StringValue{Value: fmt.Sprint(id, " ", ok && left > 0 && left < 21*time.Second)}, nil
		},
	})
	fmt.Println("PORT", listener.Addr().(*net.TCPAddr).Port)
	go func() {
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		}
		os.Exit(0)
	}()
	must(handlers.Serve(context.Background(), tls.NewListener(listener, configuration)))
}

func call(port string, configuration *tls.Config) {
	connection, err := tls.Dial("tcp", "127.0.0.1:"+port, configuration)
	must(err)
	// A timeout that only the server knows: the Go client would end the call by itself.
	timeout := int64(0)
	peer := ttrpc.NewClient(connection, ttrpc.WithUnaryClientInterceptor(
		func(ctx context.Context, req *ttrpc.Request, resp *ttrpc.Response, _ *ttrpc.UnaryClientInfo, invoke ttrpc.Invoker) error {
			if timeout != 0 {
				req.TimeoutNano = timeout
			}
			return invoke(ctx, req, resp)
		}))
	defer peer.Close()
	ctx := context.Background()

	var group sync.WaitGroup
	for number := 0; number < 200; number++ {
		group.Add(1)
		go func(text string) {
			defer group.Done()
			var reply types.StringValue
			must(peer.Call(ctx, service, "Echo", &types.StringValue{Value: text}, &reply))
			expect(reply.Value == text, "Echo answers what it was sent")
		}(strings.Repeat("x", number*100))
	}
	group.Wait()

	var empty types.StringValue
	must(peer.Call(ctx, service, "Echo", &types.StringValue{}, &empty))
	expect(empty.Value == "", "an empty message comes back empty")

	fails := func(method string, code codes.Code, message string) {
		var reply types.StringValue
		err := peer.Call(ctx, service, method, &types.StringValue{}, &reply)
		st, ok := status.FromError(err)
		expect(ok && err != nil && st.Code() == code, fmt.Sprint(method, " fails with ", code, ", not ", err))
		expect(message == "" || st.Message() == message, fmt.Sprint(method, " says ", message, ", not ", st.Message()))
	}
	fails("Fail", codes.FailedPrecondition, "not now")
	fails("Nothing", codes.Unimplemented, "")
	timeout = int64(200 * time.Millisecond)
	fails("Wait", codes.DeadlineExceeded, "deadline exceeded")
	timeout = 0

	var described types.StringValue
	limited, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	identified := ttrpc.WithMetadata(limited, ttrpc.MD{"fieldseal-request-id": []string{strings.Repeat("0a", 16)}})
	must(peer.Call(identified, service, "Describe", &types.StringValue{}, &described))
	expect(described.Value == client+" "+strings.Repeat("0a", 16)+" 19", "metadata and deadline arrive, not "+described.Value)
	fmt.Println("go client, swift server: ok")
}

func expect(holds bool, what string) {
	if !holds {
		log.Fatal("expected: ", what)
	}
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
