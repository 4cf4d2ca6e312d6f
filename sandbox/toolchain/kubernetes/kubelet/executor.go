package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"
)

// executor answers one command.
type executor struct {
	target  target
	options *remotecommand.Options
	running *processes
	outcome string
}

// ExecInContainer is called by the library once the streams of the connection are open.
func (executor *executor) ExecInContainer(ctx context.Context, _, _, _ string, command []string, stdin io.Reader, stdout, stderr io.WriteCloser, tty bool, _ <-chan remotecommand.TerminalSize, _ time.Duration) error {
	streams := streams{}
	if executor.options.Stdin {
		streams.stdin = stdin
	}
	if executor.options.Stdout {
		streams.stdout = stdout
		defer stdout.Close()
	}
	if tty {
		streams.stderr = streams.stdout
	} else if executor.options.Stderr {
		streams.stderr = stderr
		defer stderr.Close()
	}

	var code int
	var err error
	if executor.target.replay != nil {
		code, err = executor.target.replay.play(ctx, streams)
	} else {
		code, err = executor.target.run.start(command, streams, executor.running)
	}
	switch {
	case err != nil:
		executor.outcome = err.Error()
		return err
	case code != 0:
		executor.outcome = fmt.Sprintf("exit code %d", code)
		return utilexec.CodeExitError{Code: code, Err: fmt.Errorf("error executing command %v, exit code %d", command, code)}
	default:
		executor.outcome = "exit code 0"
		return nil
	}
}

// streams holds the streams that the client asked for; the others are nil.
type streams struct {
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
}

func (replay *replay) play(ctx context.Context, streams streams) (int, error) {
	if streams.stdin != nil {
		// Unread input would make the kernel reset the connection when it closes, and the end of the answer would be lost.
		go io.Copy(io.Discard, streams.stdin)
	}
	time.Sleep(time.Duration(replay.DelayMilliseconds) * time.Millisecond)
	if replay.CutAfterBytes != nil {
		if err := send(streams.stdout, replay.StdoutFile, *replay.CutAfterBytes); err != nil {
			return 0, err
		}
		if err := cut(ctx); err != nil {
			return 0, err
		}
		return 0, errors.New("the replay cuts the connection")
	}
	const all = 1 << 62
	if err := send(streams.stdout, replay.StdoutFile, all); err != nil {
		return 0, err
	}
	if err := send(streams.stderr, replay.StderrFile, all); err != nil {
		return 0, err
	}
	return replay.ExitCode, nil
}

func send(stream io.Writer, name string, limit int64) error {
	if stream == nil || name == "" {
		return nil
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(stream, io.LimitReader(file, limit))
	return err
}

// cut ends the connection below the protocol, as a broken network does: what was sent arrives, and nothing more.
func cut(ctx context.Context) error {
	connection, ok := ctx.Value(connectionKey{}).(*tls.Conn)
	if !ok {
		return errors.New("no connection to cut")
	}
	if raw, ok := connection.NetConn().(*net.TCPConn); ok {
		if err := raw.CloseWrite(); err != nil {
			return err
		}
	}
	// The protocol's own reader reads the client's answer to the end of the stream. Closing earlier would reset the connection and lose data in transit.
	time.Sleep(100 * time.Millisecond)
	return connection.NetConn().Close()
}
