package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// start runs the command to its end and returns its exit code. The command survives a client that goes away:
// its next output only fails with a closed pipe, as in a real container.
func (run *run) start(arguments []string, streams streams, running *processes) (int, error) {
	path, err := run.lookPath(arguments[0])
	if err != nil {
		return 0, err
	}
	command := &exec.Cmd{
		Path:        path,
		Args:        arguments,
		Dir:         run.Directory,
		Env:         run.environment(),
		Stdout:      streams.stdout,
		Stderr:      streams.stderr,
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true},
	}
	if os.Getuid() == 0 {
		command.SysProcAttr.Credential = &syscall.Credential{Uid: run.UID, Gid: run.GID}
	}
	var input *os.File
	if streams.stdin != nil {
		var output *os.File
		if output, input, err = run.stdinPipe(); err != nil {
			return 0, err
		}
		command.Stdin = output
		defer output.Close()
	}
	if err := command.Start(); err != nil {
		if input != nil {
			input.Close()
		}
		return 0, fmt.Errorf("failed to exec in container: %w", err)
	}
	running.add(command.Process.Pid)
	defer running.remove(command.Process.Pid)
	if streams.stdin != nil {
		// Not command.Stdin, because the process may end long before the client closes its side.
		go func() {
			io.Copy(input, streams.stdin)
			input.Close()
			io.Copy(io.Discard, streams.stdin)
		}()
	}
	return exitCode(command, command.Wait())
}

// stdinPipe belongs to the command's user, who may then open /dev/stdin, as in a container.
func (run *run) stdinPipe() (*os.File, *os.File, error) {
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	if os.Getuid() == 0 {
		if err := reader.Chown(int(run.UID), int(run.GID)); err != nil {
			reader.Close()
			writer.Close()
			return nil, nil, err
		}
	}
	return reader, writer, nil
}

func exitCode(command *exec.Cmd, err error) (int, error) {
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 0, err
	}
	status, ok := command.ProcessState.Sys().(syscall.WaitStatus)
	if ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return command.ProcessState.ExitCode(), nil
}

// lookPath searches the PATH of the container, not that of this process.
func (run *run) lookPath(name string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	for _, folder := range filepath.SplitList(run.Env["PATH"]) {
		path := filepath.Join(folder, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("failed to exec in container: exec: %q: %w", name, exec.ErrNotFound)
}

func (run *run) environment() []string {
	environment := []string{}
	for _, name := range slices.Sorted(maps.Keys(run.Env)) {
		environment = append(environment, name+"="+run.Env[name])
	}
	return environment
}

// processes are the running ones. They end with the stand-in, as containers end with their node.
type processes struct {
	mutex sync.Mutex
	ids   map[int]bool
}

func newProcesses() *processes {
	return &processes{ids: map[int]bool{}}
}

func (processes *processes) add(id int) {
	processes.mutex.Lock()
	defer processes.mutex.Unlock()
	processes.ids[id] = true
}

func (processes *processes) remove(id int) {
	processes.mutex.Lock()
	defer processes.mutex.Unlock()
	delete(processes.ids, id)
}

// kill ends each process with its whole group. It keeps the lock, so that nothing starts in between.
func (processes *processes) kill() {
	processes.mutex.Lock()
	for id := range processes.ids {
		syscall.Kill(-id, syscall.SIGKILL)
	}
}
