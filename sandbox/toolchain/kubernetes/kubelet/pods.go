package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
)

// pod is the content of NAMESPACE/POD.json.
type pod struct {
	Containers map[string]container `json:"containers"`
}

// container answers with its first matching replay, or else runs the command.
type container struct {
	Run    *run     `json:"run"`
	Replay []replay `json:"replay"`
}

// run says how to run a command as a local process.
type run struct {
	UID       uint32            `json:"uid"`
	GID       uint32            `json:"gid"`
	Directory string            `json:"directory"`
	Env       map[string]string `json:"env"`
}

// replay is a captured answer. Relative file names are relative to the folder of the pods.
type replay struct {
	// Match is a regular expression over the arguments joined by blanks.
	Match             string `json:"match"`
	StdoutFile        string `json:"stdoutFile"`
	StderrFile        string `json:"stderrFile"`
	ExitCode          int    `json:"exitCode"`
	DelayMilliseconds int    `json:"delayMilliseconds"`
	// CutAfterBytes cuts the connection, without a status, after this many bytes of stdout.
	CutAfterBytes *int64 `json:"cutAfterBytes"`
	// Times is how many matching commands it answers; by default all. Rewriting the file resets the count.
	Times *int `json:"times"`
}

// target is what handles one command: exactly one of the two is set.
type target struct {
	run    *run
	replay *replay
}

var errNoPod = errors.New("pod does not exist")

// statusOf returns the codes of a real kubelet, which answers 500 for an unknown container.
func statusOf(err error) int {
	if errors.Is(err, errNoPod) {
		return http.StatusNotFound
	}
	return http.StatusInternalServerError
}

type pods struct {
	folder  string
	mutex   sync.Mutex
	matches map[string]int
}

// find reads the pod's file each time, so that a change applies from the next command on.
func (pods *pods) find(namespace, podName, containerName string, command []string) (target, error) {
	// OpenInRoot, because the names come from outside and must not point outside the folder.
	file, err := os.OpenInRoot(pods.folder, filepath.Join(namespace, podName+".json"))
	if errors.Is(err, fs.ErrNotExist) {
		return target{}, errNoPod
	} else if err != nil {
		return target{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return target{}, err
	}
	decoder := json.NewDecoder(file)
	decoder.DisallowUnknownFields()
	var found pod
	if err := decoder.Decode(&found); err != nil {
		return target{}, fmt.Errorf("pod file %s/%s.json: %w", namespace, podName, err)
	}
	chosen, known := found.Containers[containerName]
	if !known {
		return target{}, fmt.Errorf("container not found (%q)", containerName)
	}
	for index := range chosen.Replay {
		replay := &chosen.Replay[index]
		matches, err := regexp.MatchString(replay.Match, strings.Join(command, " "))
		if err != nil {
			return target{}, fmt.Errorf("pod file %s/%s.json: %w", namespace, podName, err)
		}
		counter := fmt.Sprintf("%s/%s/%s/%d/%d", namespace, podName, containerName, info.ModTime().UnixNano(), index)
		if matches && pods.take(counter, replay.Times) {
			pods.anchor(&replay.StdoutFile)
			pods.anchor(&replay.StderrFile)
			return target{replay: replay}, nil
		}
	}
	if chosen.Run == nil {
		return target{}, fmt.Errorf("pod file %s/%s.json: no replay of %s matches and it runs nothing", namespace, podName, containerName)
	}
	return target{run: chosen.Run}, nil
}

func (pods *pods) take(counter string, times *int) bool {
	pods.mutex.Lock()
	defer pods.mutex.Unlock()
	if times != nil && pods.matches[counter] >= *times {
		return false
	}
	pods.matches[counter]++
	return true
}

func (pods *pods) anchor(file *string) {
	if *file != "" && !filepath.IsAbs(*file) {
		*file = filepath.Join(pods.folder, *file)
	}
}
