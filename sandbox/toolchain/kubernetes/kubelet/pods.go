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

// container answers with its first replay that matches, else runs the command.
type container struct {
	Run    *run     `json:"run"`
	Replay []replay `json:"replay"`
}

// run says how a command becomes a local process.
type run struct {
	UID       uint32            `json:"uid"`
	GID       uint32            `json:"gid"`
	Directory string            `json:"directory"`
	Env       map[string]string `json:"env"`
}

// replay is a captured answer. Relative file names start at the folder of the pods.
type replay struct {
	// Match is a regular expression over the arguments joined by blanks.
	Match             string `json:"match"`
	StdoutFile        string `json:"stdoutFile"`
	StderrFile        string `json:"stderrFile"`
	ExitCode          int    `json:"exitCode"`
	DelayMilliseconds int    `json:"delayMilliseconds"`
	// CutAfterBytes cuts the connection, without a status, after so many bytes of stdout.
	CutAfterBytes *int64 `json:"cutAfterBytes"`
	// Times is how many matching commands it answers; rewriting the file starts the count anew. Always, where it is not given.
	Times *int `json:"times"`
}

// target is what one command meets: exactly one of the two.
type target struct {
	run    *run
	replay *replay
}

var errNoPod = errors.New("pod does not exist")

// statusOf gives the codes of a real kubelet, which answers 500 to an unknown container.
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

// find reads the pod's file anew, so that a change holds from the next command on.
func (pods *pods) find(namespace, podName, containerName string, command []string) (target, error) {
	// OpenInRoot, because the names come from outside and must not lead out of the folder.
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
