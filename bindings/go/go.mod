// SPDX-License-Identifier: MIT
// The path is provisional: it becomes final with the first release.
module github.com/joinmem/joinmem/bindings/go

go 1.19
