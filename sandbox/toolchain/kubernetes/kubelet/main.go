// Kubelet stand-in: serves a kubelet's exec protocol with the library that real container runtimes use for it,
// for containers that are files. A command runs as a local process or replays a captured output.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
)

// The defaults of a real kubelet.
const (
	idleTimeout           = 4 * time.Hour
	streamCreationTimeout = 30 * time.Second
)

type connectionKey struct{}

func main() {
	address := flag.String("address", "127.0.0.1", "address to listen on")
	port := flag.Int("port", 0, "port to listen on")
	certificate := flag.String("cert", "", "server certificate (PEM)")
	key := flag.String("key", "", "key of the server certificate (PEM)")
	clientCA := flag.String("client-ca", "", "authority that signs the certificates of clients (PEM)")
	podsFolder := flag.String("pods", "", "folder of the pods: NAMESPACE/POD.json")
	flag.Parse()
	log.SetFlags(log.Ldate | log.Ltime | log.Lmicroseconds)

	authority, err := os.ReadFile(*clientCA)
	if err != nil {
		log.Fatal(err)
	}
	clients := x509.NewCertPool()
	if !clients.AppendCertsFromPEM(authority) {
		log.Fatalf("no certificate in %s", *clientCA)
	}

	running := newProcesses()
	server := &http.Server{
		Addr:    net.JoinHostPort(*address, strconv.Itoa(*port)),
		Handler: handler(&pods{folder: *podsFolder, matches: map[string]int{}}, running),
		TLSConfig: &tls.Config{
			ClientCAs: clients,
			// This port runs commands, so nobody without a certificate may send a request.
			ClientAuth: tls.RequireAndVerifyClientCert,
			// An exec upgrades its connection, which HTTP/2 does not support.
			NextProtos: []string{"http/1.1"},
		},
		ConnContext: func(ctx context.Context, connection net.Conn) context.Context {
			return context.WithValue(ctx, connectionKey{}, connection)
		},
		ReadHeaderTimeout: 10 * time.Second,
	}

	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		<-ended
		running.kill()
		os.Exit(0)
	}()
	log.Printf("listening on %s", server.Addr)
	log.Fatal(server.ListenAndServeTLS(*certificate, *key))
}

func handler(pods *pods, running *processes) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(response http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(response, "ok")
	})
	mux.HandleFunc("/exec/{namespace}/{pod}/{container}", func(response http.ResponseWriter, request *http.Request) {
		options, err := remotecommand.NewOptions(request)
		if err != nil {
			http.Error(response, err.Error(), http.StatusBadRequest)
			return
		}
		command := request.Form["command"]
		if len(command) == 0 {
			http.Error(response, "command is required", http.StatusBadRequest)
			return
		}
		namespace, pod, name := request.PathValue("namespace"), request.PathValue("pod"), request.PathValue("container")
		target, err := pods.find(namespace, pod, name, command)
		if err != nil {
			log.Printf("exec %s/%s/%s %q: %v", namespace, pod, name, command, err)
			http.Error(response, err.Error(), statusOf(err))
			return
		}
		executor := &executor{target: target, options: options, running: running}
		remotecommand.ServeExec(response, request, executor, pod, "", name, command, options,
			idleTimeout, streamCreationTimeout, remotecommand.SupportedStreamingProtocols)
		log.Printf("exec %s/%s/%s %q: %s", namespace, pod, name, command, executor.outcome)
	})
	return mux
}
