// SPDX-License-Identifier: MIT

package joinmem

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The library's functions that this package leaves out, and why.
var unbound = map[string]string{
	"jm_version":           "LibraryVersion returns it as text",
	"jm_clear_error":       "errors are values",
	"jm_queue_cancel":      "contexts end waits",
	"jm_queue_resume":      "contexts end waits",
	"jm_local_create":      "the one with options does it",
	"jm_shm_open":          "the one with options does it",
	"jm_queue_create":      "the one with options does it",
	"jm_queue_open":        "the one with options does it",
	"jm_wait_create_with":  "its option concerns signal handlers, which Go programs do not have",
	"jm_wait_options_init": "as jm_wait_create_with",
}

func header(t *testing.T) string {
	path := os.Getenv("JOINMEM_FFI_H")
	if path == "" {
		folder, err := exec.Command("pkg-config", "--variable=includedir", "joinmem").Output()
		check(t, err)
		path = filepath.Join(strings.TrimSpace(string(folder)), "joinmem_ffi.h")
	}
	return string(must[[]byte](t)(os.ReadFile(path)))
}

func sources(t *testing.T) string {
	all := ""
	for _, pattern := range []string{"*.go", "*.h"} {
		for _, path := range must[[]string](t)(filepath.Glob(pattern)) {
			if !strings.HasSuffix(path, "_test.go") {
				all += string(must[[]byte](t)(os.ReadFile(path)))
			}
		}
	}
	return all
}

func TestEveryFunctionOfTheHeaderIsBound(t *testing.T) {
	code := sources(t)
	functions := regexp.MustCompile(`\b(jm_\w+)\s*\(`).FindAllStringSubmatch(header(t), -1)
	if len(functions) < 60 {
		t.Fatalf("only %d functions in the header", len(functions))
	}
	for _, found := range functions {
		used := regexp.MustCompile(`\b` + found[1] + `\b`).MatchString(code)
		if _, left := unbound[found[1]]; !used && !left {
			t.Errorf("%s is not bound", found[1])
		}
	}
}

func TestEveryConstantOfTheHeaderIsBound(t *testing.T) {
	code := sources(t)
	left := map[string]bool{"JM_INTERRUPTIBLE": true}
	for _, found := range regexp.MustCompile(`\b(JM_[A-Z_]+) = \d+`).FindAllStringSubmatch(header(t), -1) {
		if !left[found[1]] && !strings.Contains(code, "C."+found[1]) {
			t.Errorf("%s is not bound", found[1])
		}
	}
}

func TestVersionsAreEqual(t *testing.T) {
	same(t, LibraryVersion(), Version)
	meson, err := os.ReadFile("../../meson.build")
	if err != nil {
		t.Skip("not in the source tree of the library")
	}
	same(t, regexp.MustCompile(`version: '([0-9.]+)'`).FindStringSubmatch(string(meson))[1], Version)
}

func TestNameWithZeroByteIsRefused(t *testing.T) {
	err := Unlink("a\x00b")
	if e, is := err.(*Error); !is || e.Errno.Error() != "invalid argument" {
		t.Fatal(err)
	}
}
