// SPDX-License-Identifier: MIT
//! Names of segments, and child processes that run a role of the same test program.
#![allow(dead_code)] // each test program uses a part
use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, ChildStdout, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

/// The name of a segment of this test, which is removed at its end, also by a panic.
pub struct Name(pub String);

impl Name {
    pub fn new(what: &str) -> Name {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Name(format!("/rust-test-{}-{}-{}", std::process::id(), what, count))
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        let _ = joinmem::unlink(&self.0);
    }
}

impl AsRef<std::ffi::OsStr> for Name {
    fn as_ref(&self) -> &std::ffi::OsStr {
        self.0.as_ref()
    }
}

const ROLE: &str = "JOINMEM_TEST_ROLE";

/// The role and the segment that this process has as a child; `None` in the test itself.
pub fn role() -> Option<(String, String)> {
    let value = std::env::var(ROLE).ok()?;
    let (role, name) = value.split_once('@')?;
    Some((role.into(), name.into()))
}

/// A child process that runs the test `child`, which does what its role says. It is killed at the
/// end of the test.
pub struct Process {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Process {
    pub fn start(role: &str, name: &Name) -> Process {
        let program = std::env::current_exe().expect("this program has no path");
        let mut child = Command::new(program)
            .args(["--exact", "child", "--nocapture", "--test-threads=1"])
            .env(ROLE, format!("{}@{}", role, name.0))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the child does not start");
        let out = BufReader::new(child.stdout.take().expect("the child has no stdout"));
        Process { child, out }
    }

    /// The next line of the child that begins with "> ", without that: the others are of the test
    /// runner.
    pub fn line(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.out.read_line(&mut line).expect("no line"), 0, "the child has ended");
            if let Some(i) = line.find("> ") {
                return line[i + 2..].trim_end().into();
            }
        }
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().expect("the child cannot be killed");
        self.child.wait().expect("the child cannot be waited for");
    }

    /// Waits for its end, which has to be a success.
    pub fn finish(mut self) {
        let mut rest = String::new();
        let _ = self.out.read_to_string(&mut rest);
        let status = self.child.wait().expect("the child cannot be waited for");
        assert!(status.success(), "the child ended with {}: {}", status, rest);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Tells the parent a line.
pub fn tell(line: impl std::fmt::Display) {
    use std::io::Write;
    let mut out = std::io::stdout();
    let _ = writeln!(out, "\n> {}", line).and_then(|()| out.flush());
}
