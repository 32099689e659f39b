//! The VFS: a shim over the one of the system, as SQLite's own `test_vfs` and `vfslog` are.
//!
//! A file of ours is the system's file behind a header of ours, in memory that SQLite provides: `szOsFile` says how much.

use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Once;

use rusqlite::ffi;

use crate::disk::{NoPower, is_followed, operate};

/// In front of the system's file.
#[repr(C)]
struct OurFile {
    base: ffi::sqlite3_file,
    /// Where it lies, if it is followed; a box of ours, given back when it is closed.
    followed: *mut Followed,
    /// The system's file, right behind this.
    real: *mut ffi::sqlite3_file,
}

struct Followed {
    path: PathBuf,
    /// The system syncs the directory with the first sync of a new journal or log.
    syncs_directory: bool,
    deletes_on_close: bool,
}

static INSTALLED: Once = Once::new();
/// For the alignment of what the system puts behind our header.
const HEADER_BYTES: usize = size_of::<OurFile>().next_multiple_of(16);
const NAME: &CStr = c"power-loss";

/// Makes it the VFS that SQLite takes by itself.
pub(crate) fn install() {
    INSTALLED.call_once(|| {
        // SAFETY: SQLite may be asked for its default VFS at any time; the answer lives as long as the process.
        let real = unsafe { ffi::sqlite3_vfs_find(std::ptr::null()) };
        assert!(!real.is_null(), "SQLite has no VFS of the system");
        // SAFETY: checked above, and nobody changes it.
        let system = unsafe { &*real };
        let ours = ffi::sqlite3_vfs {
            iVersion: 2, // without the replacing of system calls
            szOsFile: (HEADER_BYTES as c_int) + system.szOsFile,
            mxPathname: system.mxPathname,
            pNext: std::ptr::null_mut(),
            zName: NAME.as_ptr(),
            pAppData: real.cast(),
            xOpen: Some(open),
            xDelete: Some(delete),
            xAccess: Some(access),
            xFullPathname: Some(full_pathname),
            xDlOpen: None,
            xDlError: None,
            xDlSym: None,
            xDlClose: None,
            xRandomness: Some(randomness),
            xSleep: Some(sleep),
            xCurrentTime: Some(current_time),
            xGetLastError: Some(last_error),
            xCurrentTimeInt64: Some(current_time_int64),
            xSetSystemCall: None,
            xGetSystemCall: None,
            xNextSystemCall: None,
        };
        // SAFETY: SQLite keeps the pointer for good, so it is never freed; all functions in it have the types that it asks for.
        let done = unsafe { ffi::sqlite3_vfs_register(Box::leak(Box::new(ours)), 1) };
        assert_eq!(done, ffi::SQLITE_OK, "the VFS cannot be registered");
    });
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2, // without memory mapping, so that every read and write passes here
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// Calls a function of the system's VFS, which has it.
macro_rules! of_system {
    ($vfs:expr, $function:ident $(, $argument:expr)*) => {{
        // SAFETY: `pAppData` is the VFS of the system, see `install`; the arguments are those that SQLite gave us.
        unsafe {
            let real: *mut ffi::sqlite3_vfs = (*$vfs).pAppData.cast();
            match (*real).$function {
                Some(function) => function(real $(, $argument)*),
                None => unreachable!("the system's VFS has everything"),
            }
        }
    }};
}

/// Calls a method of the system's file, which has it.
macro_rules! of_file {
    ($file:expr, $method:ident $(, $argument:expr)*) => {{
        // SAFETY: SQLite calls methods only of files that `open` has filled in; the arguments are those that it gave us.
        unsafe {
            let real = (*$file.cast::<OurFile>()).real;
            match (*(*real).pMethods).$method {
                Some(method) => method(real $(, $argument)*),
                None => unreachable!("the system's files have everything"),
            }
        }
    }};
}

/// Where a file lies, if it is followed.
///
/// # Safety
/// `file` was filled in by `open` and not closed since.
unsafe fn followed<'f>(file: *mut ffi::sqlite3_file) -> Option<&'f mut Followed> {
    // SAFETY: by the promise of the caller; the box is given back in `close` alone.
    unsafe { (*file.cast::<OurFile>()).followed.as_mut() }
}

/// # Safety
/// `name` is null or ends with a zero.
unsafe fn path_of(name: *const c_char) -> Option<PathBuf> {
    if name.is_null() {
        return None; // a temporary file
    }
    // SAFETY: by the promise of the caller.
    let name = unsafe { CStr::from_ptr(name) };
    Some(PathBuf::from(OsStr::from_bytes(name.to_bytes())))
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let ours = file.cast::<OurFile>();
    // SAFETY: SQLite gives `szOsFile` bytes, which have room for both.
    let real: *mut ffi::sqlite3_file = unsafe { file.cast::<u8>().add(HEADER_BYTES).cast() };
    // SAFETY: as above.
    unsafe {
        (*ours).base.pMethods = std::ptr::null();
        (*ours).followed = std::ptr::null_mut();
        (*ours).real = real;
    }
    // SAFETY: SQLite's names end with a zero.
    let path = unsafe { path_of(name) }.filter(|path| is_followed(path));
    let is_new = path.as_ref().is_some_and(|path| !path.exists());
    let really = || of_system!(vfs, xOpen, name, real, flags, out_flags);
    let opened = match &path {
        Some(path) if is_new && flags & ffi::SQLITE_OPEN_CREATE != 0 => {
            operate(really, |disk| disk.made(path))
        }
        _ => Ok(really()),
    };
    let Ok(result) = opened else {
        return ffi::SQLITE_CANTOPEN;
    };
    // SAFETY: the system's `xOpen` fills this in, also when it fails; only then it may be null.
    if unsafe { (*real).pMethods }.is_null() {
        return result;
    }
    let journals = ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_SUPER_JOURNAL | ffi::SQLITE_OPEN_WAL;
    let followed = path.map(|path| Followed {
        path,
        syncs_directory: is_new && flags & journals != 0,
        deletes_on_close: flags & ffi::SQLITE_OPEN_DELETEONCLOSE != 0,
    });
    // SAFETY: as above.
    unsafe {
        (*ours).followed =
            followed.map_or(std::ptr::null_mut(), |followed| Box::into_raw(Box::new(followed)));
        (*ours).base.pMethods = &raw const METHODS;
    }
    result
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    let result = of_file!(file, xClose);
    let ours = file.cast::<OurFile>();
    // SAFETY: the box was made in `open`, and a file is closed once.
    unsafe {
        if !(*ours).followed.is_null() {
            let followed = Box::from_raw((*ours).followed);
            (*ours).followed = std::ptr::null_mut();
            if followed.deletes_on_close {
                let _ = operate(|| (), |disk| disk.deleted(&followed.path, false));
            }
        }
        (*ours).base.pMethods = std::ptr::null();
    }
    result
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    bytes: *const c_void,
    count: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    let really = || of_file!(file, xWrite, bytes, count, offset);
    // SAFETY: SQLite calls methods of open files.
    let Some(followed) = (unsafe { followed(file) }) else {
        return really();
    };
    // SAFETY: SQLite gives `count` bytes.
    let written = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), count as usize) };
    told(
        operate(really, |disk| disk.wrote(&followed.path, offset as u64, written)),
        ffi::SQLITE_IOERR_WRITE,
    )
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, length: ffi::sqlite3_int64) -> c_int {
    let really = || of_file!(file, xTruncate, length);
    // SAFETY: SQLite calls methods of open files.
    let Some(followed) = (unsafe { followed(file) }) else {
        return really();
    };
    told(
        operate(really, |disk| disk.truncated(&followed.path, length as u64)),
        ffi::SQLITE_IOERR_TRUNCATE,
    )
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: SQLite calls methods of open files.
    let Some(followed) = (unsafe { followed(file) }) else {
        return of_file!(file, xSync, flags);
    };
    // That the real disk keeps it is not what is tried here, and takes time.
    let directory = std::mem::take(&mut followed.syncs_directory);
    told(
        operate(|| ffi::SQLITE_OK, |disk| disk.synced(&followed.path, directory)),
        ffi::SQLITE_IOERR_FSYNC,
    )
}

unsafe extern "C" fn delete(vfs: *mut ffi::sqlite3_vfs, name: *const c_char, sync_directory: c_int) -> c_int {
    let really = || of_system!(vfs, xDelete, name, sync_directory);
    // SAFETY: SQLite's names end with a zero.
    let Some(path) = (unsafe { path_of(name) }).filter(|path| is_followed(path)) else {
        return really();
    };
    told(
        operate(really, |disk| disk.deleted(&path, sync_directory != 0)),
        ffi::SQLITE_IOERR_DELETE,
    )
}

fn told(done: Result<c_int, NoPower>, without_power: c_int) -> c_int {
    done.unwrap_or(without_power)
}

// The rest is the system's.

unsafe extern "C" fn access(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    flags: c_int,
    result: *mut c_int,
) -> c_int {
    of_system!(vfs, xAccess, name, flags, result)
}

unsafe extern "C" fn full_pathname(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    room: c_int,
    result: *mut c_char,
) -> c_int {
    of_system!(vfs, xFullPathname, name, room, result)
}

unsafe extern "C" fn randomness(vfs: *mut ffi::sqlite3_vfs, count: c_int, bytes: *mut c_char) -> c_int {
    of_system!(vfs, xRandomness, count, bytes)
}

unsafe extern "C" fn sleep(vfs: *mut ffi::sqlite3_vfs, microseconds: c_int) -> c_int {
    of_system!(vfs, xSleep, microseconds)
}

unsafe extern "C" fn current_time(vfs: *mut ffi::sqlite3_vfs, time: *mut f64) -> c_int {
    of_system!(vfs, xCurrentTime, time)
}

unsafe extern "C" fn current_time_int64(vfs: *mut ffi::sqlite3_vfs, time: *mut ffi::sqlite3_int64) -> c_int {
    of_system!(vfs, xCurrentTimeInt64, time)
}

unsafe extern "C" fn last_error(vfs: *mut ffi::sqlite3_vfs, room: c_int, text: *mut c_char) -> c_int {
    of_system!(vfs, xGetLastError, room, text)
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    bytes: *mut c_void,
    count: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    of_file!(file, xRead, bytes, count, offset)
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, size: *mut ffi::sqlite3_int64) -> c_int {
    of_file!(file, xFileSize, size)
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    of_file!(file, xLock, level)
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    of_file!(file, xUnlock, level)
}

unsafe extern "C" fn check_reserved_lock(file: *mut ffi::sqlite3_file, result: *mut c_int) -> c_int {
    of_file!(file, xCheckReservedLock, result)
}

unsafe extern "C" fn file_control(file: *mut ffi::sqlite3_file, what: c_int, argument: *mut c_void) -> c_int {
    of_file!(file, xFileControl, what, argument)
}

unsafe extern "C" fn sector_size(file: *mut ffi::sqlite3_file) -> c_int {
    of_file!(file, xSectorSize)
}

/// A disk that overwrites what lies beside a write in the same sector, and promises nothing else.
unsafe extern "C" fn device_characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    0
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    region: c_int,
    size: c_int,
    extends: c_int,
    result: *mut *mut c_void,
) -> c_int {
    of_file!(file, xShmMap, region, size, extends, result)
}

unsafe extern "C" fn shm_lock(
    file: *mut ffi::sqlite3_file,
    offset: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    of_file!(file, xShmLock, offset, count, flags)
}

unsafe extern "C" fn shm_barrier(file: *mut ffi::sqlite3_file) {
    of_file!(file, xShmBarrier);
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, deletes: c_int) -> c_int {
    of_file!(file, xShmUnmap, deletes)
}
