// SPDX-License-Identifier: MIT
//! Reports on memory, and inspection of segments from outside.
use crate::{error::count, error::done, queue::slots, text::c_name, ProducerSlot, Report, Result};
use joinmem_sys as sys;
use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStringExt,
    time::{Duration, SystemTime},
};

/// What memory was requested, what was obtained, and why they differ. Sizes are bytes; `None`: not
/// known.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Placement {
    /// jm_size (): the requested bytes, rounded up to base pages.
    pub size: usize,
    /// Whether other processes can open it.
    pub shared: bool,
    /// Whether this object created it.
    pub created: bool,
    /// `"anonymous"`, `"pool"`, `"tmpfs"`, `"hugetlbfs"` or `"file"`.
    pub backing: String,
    /// Bytes of the smallest page that backs any part.
    pub page_size: Option<usize>,
    /// Bytes on huge pages, as this process maps them.
    pub huge_bytes: Option<usize>,
    /// Bytes in RAM.
    pub resident_bytes: Option<usize>,
    /// Bytes that mlock keeps there.
    pub locked_bytes: Option<usize>,
    /// NUMA nodes, and the resident bytes on each.
    pub nodes: Option<Vec<(i32, usize)>>,
    /// The steps that failed, in order: an errno (0: a decision of the library) and a sentence.
    /// Empty if the request was met in full.
    pub fallbacks: Vec<(i32, String)>,
    /// All facts as the library reported them.
    pub report: Report,
}

/// The nodes and the bytes on each, from two arrays of one length.
fn nodes_of(report: &Report) -> Option<Vec<(i32, usize)>> {
    let (nodes, bytes) = (report.list("nodes")?, report.list("node_bytes")?);
    nodes.iter().zip(bytes).map(|(node, bytes)| Some((node.number()?, bytes.number()?))).collect()
}

impl Placement {
    pub(crate) fn of(handle: sys::jm_handle) -> Result<Placement> {
        // SAFETY: the text has `size` bytes.
        let report = Report::from(|text, size| unsafe { sys::jm_placement(handle, text, size) })?;
        let errnos = report.list("fallback_errnos").unwrap_or(&[]);
        let reasons = report.list("fallback_reasons").unwrap_or(&[]);
        let fallbacks = errnos.iter().zip(reasons).map(|(errno, reason)| match reason {
            crate::Value::Text(text) => (errno.number().unwrap_or(0), text.clone()),
            other => (errno.number().unwrap_or(0), other.to_string()),
        });
        Ok(Placement {
            size: report.number("size").unwrap_or(0),
            shared: report.truth("shared").unwrap_or(false),
            created: report.truth("created").unwrap_or(false),
            backing: report.text("backing").unwrap_or_default(),
            page_size: report.number("page_size"),
            huge_bytes: report.number("huge_bytes"),
            resident_bytes: report.number("resident_bytes"),
            locked_bytes: report.number("locked_bytes"),
            nodes: nodes_of(&report),
            fallbacks: fallbacks.collect(),
            report,
        })
    }
}

/// The facts of a segment. Sizes are bytes; `None`: not known, or it is no queue.
/// [`SegmentInfo::report`] has more of them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SegmentInfo {
    /// `"spsc"`, `"mpsc"`, `"mpmc"`; `"memory"`; `"damaged"`, `"unreadable"`, of which `fault` has
    /// the reason; `"other"`: a file without a sign that this library made it.
    pub kind: String,
    /// Why it is damaged or unreadable.
    pub fault: Option<String>,
    /// Bytes of the file.
    pub size: Option<u64>,
    /// Bytes of the file that have pages.
    pub allocated: Option<u64>,
    /// With `inode` it identifies the file of the name.
    pub device: Option<u64>,
    /// With `device` it identifies the file of the name.
    pub inode: Option<u64>,
    /// When it was created.
    pub created_at: Option<SystemTime>,
    /// User ID.
    pub owner: Option<u32>,
    /// Up to 0777.
    pub permissions: Option<u32>,
    /// Whether a process has it open, in whichever container.
    pub in_use: Option<bool>,
    /// Bytes of an element.
    pub element_size: Option<u32>,
    /// The maximum number of elements.
    pub capacity: Option<u64>,
    /// As in [`QueueOptions`](crate::QueueOptions).
    pub type_id: Option<u64>,
    /// As in [`QueueOptions`](crate::QueueOptions).
    pub tag: Option<u64>,
    /// Whether it is shut down.
    pub shut_down: Option<bool>,
    /// The number of elements.
    pub pending: Option<u64>,
    /// As in [`Stats`](crate::Stats).
    pub pushed: Option<u64>,
    /// As in [`Stats`](crate::Stats).
    pub popped: Option<u64>,
    /// All facts as the library reported them.
    pub report: Report,
}

/// The pages of a segment that exist.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SegmentPages {
    /// Bytes of the smallest page that backs any part.
    pub page_size: Option<usize>,
    /// Bytes that can be mapped on huge pages.
    pub huge_bytes: Option<usize>,
    /// NUMA nodes, and the bytes on each.
    pub nodes: Option<Vec<(i32, usize)>>,
    /// All facts as the library reported them.
    pub report: Report,
}

/// Lists the names of all files in /dev/shm and in the hugetlbfs mounts, whichever program made
/// them, sorted, with their leading slash. Errors: `NotFound`, `PermissionDenied`: /dev/shm cannot
/// be read.
pub fn segments() -> Result<Vec<OsString>> {
    let mut buffer = vec![0u8; 4096];
    loop {
        // SAFETY: the buffer has that many bytes.
        let size = count(unsafe {
            sys::jm_segment_names(buffer.as_mut_ptr().cast(), buffer.len() as u64)
        })?;
        if size <= buffer.len() {
            buffer.truncate(size);
            break;
        }
        buffer.resize(size, 0);
    }
    let names = buffer.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    Ok(names.map(|name| OsString::from_vec(name.to_vec())).collect())
}

/// Reads the facts of a segment from outside: it takes no slot, holds no lock and writes nothing.
/// Errors: `NotFound` no segment has the name; `InvalidInput` a bad name; `OutOfMemory` no
/// descriptor.
pub fn inspect(name: impl AsRef<OsStr>) -> Result<SegmentInfo> {
    let name = c_name(name.as_ref())?;
    // SAFETY: the text has `size` bytes.
    let report = Report::from(|text, size| unsafe { sys::jm_inspect(name.as_ptr(), text, size) })?;
    let created_at = report.number("created_at").map(Duration::from_nanos);
    Ok(SegmentInfo {
        kind: report.text("kind").unwrap_or_default(),
        fault: report.text("fault"),
        size: report.number("size"),
        allocated: report.number("allocated"),
        device: report.number("device"),
        inode: report.number("inode"),
        created_at: created_at.map(|since| SystemTime::UNIX_EPOCH + since),
        owner: report.number("owner"),
        permissions: report.number("permissions"),
        in_use: report.truth("in_use"),
        element_size: report.number("element_size"),
        capacity: report.number("capacity"),
        type_id: report.number("type_id"),
        tag: report.number("tag"),
        shut_down: report.truth("shut_down"),
        pending: report.number("pending"),
        pushed: report.number("pushed"),
        popped: report.number("popped"),
        report,
    })
}

/// Lists the producer slots of a queue as [`Control::producers`](crate::Control::producers).
/// Errors: also `PermissionDenied`, and `Damaged` it is no queue.
pub fn inspect_producers(name: impl AsRef<OsStr>) -> Result<Vec<ProducerSlot>> {
    let name = c_name(name.as_ref())?;
    // SAFETY: the list has room for `count` of them.
    slots(|list, count, size| unsafe {
        sys::jm_inspect_producers(name.as_ptr(), list, count, size)
    })
}

/// Examines the pages that exist of the first `most` bytes of a segment. Expensive: it maps them,
/// and removes the mapping again. Errors: as [`inspect`], and `PermissionDenied`.
pub fn inspect_pages(name: impl AsRef<OsStr>, most: u64) -> Result<SegmentPages> {
    let name = c_name(name.as_ref())?;
    // SAFETY: the text has `size` bytes.
    let report = Report::from(|text, size| unsafe {
        sys::jm_inspect_pages(name.as_ptr(), most, text, size)
    })?;
    Ok(SegmentPages {
        page_size: report.number("page_size"),
        huge_bytes: report.number("huge_bytes"),
        nodes: nodes_of(&report),
        report,
    })
}

/// Removes the name of a segment that no process has open, in whichever container. Errors: `Busy` a
/// process has it open; `NotFound`; `InvalidInput` no segment; `Damaged`; `PermissionDenied`;
/// `WouldBlock` (EAGAIN) another has replaced it.
pub fn remove_unused(name: impl AsRef<OsStr>) -> Result<()> {
    let name = c_name(name.as_ref())?;
    // SAFETY: the name ends with a zero.
    done(unsafe { sys::jm_remove_unused(name.as_ptr()) })
}

/// Does the same if the segment is still the one that was inspected, and unchanged. Errors: also
/// `WouldBlock` (EAGAIN) another file has the name by now, or a process has pushed or popped since.
pub fn remove_unused_if_unchanged(name: impl AsRef<OsStr>, seen: &SegmentInfo) -> Result<()> {
    let name = c_name(name.as_ref())?;
    let number = |number: Option<u64>| number.unwrap_or(0);
    // SAFETY: the name ends with a zero.
    done(unsafe {
        sys::jm_remove_unused_if_unchanged(
            name.as_ptr(),
            number(seen.device),
            number(seen.inode),
            number(seen.pushed),
            number(seen.popped),
        )
    })
}
