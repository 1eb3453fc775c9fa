/* The disk as a power cut leaves it: a second folder that holds only what was synced.
 *
 * Preloaded into the collector. Every write goes to the data folder as ever. When a file is synced, what was written to
 * it since is copied to the same path in the shadow folder, before the call returns; so at any moment the shadow folder
 * is what a disk would have that loses everything in its cache. Names are journaled as ext4 and XFS do it: what was
 * created, truncated, renamed, linked and removed becomes durable in order, with the next sync of any file or folder; a
 * new file whose content was not synced is then there and empty.
 *
 * SHADOW_OF and SHADOW_IN are the two folders, absolute. SHADOW_SKIP is the end of a path whose syncs are taken for lies,
 * to see that losses are found. Writes to a mapping are not seen; SQLite's -shm, the only one, is rebuilt.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define MOST_FILES 65536
enum kind { CREATE, TRUNCATE, MAKE_FOLDER, RENAME, UNLINK, REMOVE_FOLDER, SYMLINK, LINK };

struct change { /* of a name, not durable yet */
    enum kind kind;
    char *from, *to;
    struct change *next;
};
struct extent { /* of a file, written and not synced yet */
    dev_t device;
    ino_t inode;
    off_t begin, end;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct change *first, **last = &first;
static struct extent extents[MOST_FILES];
static const char *folder, *shadow, *skipped;
static size_t folder_length;

#define REAL(name) ((__typeof__(&name))real(#name))
static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    return found;
}

__attribute__((constructor)) static void begin(void) {
    folder = getenv("SHADOW_OF");
    shadow = getenv("SHADOW_IN");
    skipped = getenv("SHADOW_SKIP");
    folder_length = folder ? strlen(folder) : 0;
}

static int watched(const char *path) {
    return folder && shadow && strncmp(path, folder, folder_length) == 0 &&
           (path[folder_length] == '/' || path[folder_length] == 0);
}

static int absolute(int at, const char *path, char *out) {
    char base[PATH_MAX];
    if (path[0] == '/') {
        return snprintf(out, PATH_MAX, "%s", path) < PATH_MAX;
    }
    if (at == AT_FDCWD) {
        if (!getcwd(base, sizeof base)) return 0;
    } else {
        char link[64];
        snprintf(link, sizeof link, "/proc/self/fd/%d", at);
        ssize_t n = readlink(link, base, sizeof base - 1);
        if (n < 0) return 0;
        base[n] = 0;
    }
    return snprintf(out, PATH_MAX, "%s/%s", base, path) < PATH_MAX;
}

static void in_shadow(const char *path, char *out) {
    snprintf(out, PATH_MAX, "%s%s", shadow, path + folder_length);
}

static void note_change(enum kind kind, const char *from, const char *to) {
    struct change *change = calloc(1, sizeof *change);
    change->kind = kind;
    change->from = from ? strdup(from) : NULL;
    change->to = to ? strdup(to) : NULL;
    pthread_mutex_lock(&lock);
    *last = change;
    last = &change->next;
    pthread_mutex_unlock(&lock);
}

static void apply_changes(void) { /* with the lock */
    char from[PATH_MAX], to[PATH_MAX];
    while (first) {
        struct change *change = first;
        if (change->kind != SYMLINK) in_shadow(change->from, from);
        if (change->to) in_shadow(change->to, to);
        switch (change->kind) { /* one that fails names what was never synced: it is not there */
        case CREATE: close(REAL(open)(from, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)); break;
        case TRUNCATE: close(REAL(open)(from, O_WRONLY | O_TRUNC | O_CLOEXEC)); break;
        case MAKE_FOLDER: REAL(mkdir)(from, 0700); break;
        case RENAME: REAL(rename)(from, to); break;
        case UNLINK: REAL(unlink)(from); break;
        case REMOVE_FOLDER: REAL(rmdir)(from); break;
        case SYMLINK: REAL(symlink)(change->from, to); break;
        case LINK: REAL(link)(from, to); break;
        }
        first = change->next;
        free(change->from);
        free(change->to);
        free(change);
    }
    last = &first;
}

static struct extent *extent_of(const struct stat *file) { /* with the lock */
    size_t at = (size_t)(file->st_ino * 2654435761u) % MOST_FILES;
    for (size_t n = 0; n < MOST_FILES; n++, at = (at + 1) % MOST_FILES) { /* entries stay: files are few */
        struct extent *extent = &extents[at];
        if (!extent->inode || (extent->inode == file->st_ino && extent->device == file->st_dev)) {
            if (!extent->inode) *extent = (struct extent){file->st_dev, file->st_ino, 0, 0};
            return extent;
        }
    }
    abort();
}

static void note_write(int fd, off_t begin, off_t end) {
    struct stat file;
    if (!folder || end <= begin || fstat(fd, &file) || !S_ISREG(file.st_mode)) return;
    pthread_mutex_lock(&lock);
    struct extent *extent = extent_of(&file);
    if (extent->begin == extent->end) {
        extent->begin = begin;
        extent->end = end;
    } else {
        if (begin < extent->begin) extent->begin = begin;
        if (end > extent->end) extent->end = end;
    }
    pthread_mutex_unlock(&lock);
}

static void copy(const char *path, int to, off_t begin, off_t end) {
    char buffer[65536];
    int from = REAL(open)(path, O_RDONLY | O_CLOEXEC);
    while (from >= 0 && begin < end) {
        size_t wanted = (size_t)(end - begin) < sizeof buffer ? (size_t)(end - begin) : sizeof buffer;
        ssize_t n = pread(from, buffer, wanted, begin);
        if (n <= 0) break;
        if (REAL(pwrite64)(to, buffer, (size_t)n, begin) != n) abort();
        begin += n;
    }
    if (from >= 0) close(from);
}

static void synced(int fd) {
    char link[64], path[PATH_MAX], target[PATH_MAX];
    struct stat file, there;
    int error = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 0) return;
    path[n] = 0;
    if (!watched(path) || fstat(fd, &file)) return;
    pthread_mutex_lock(&lock);
    apply_changes();
    size_t length = strlen(path), tail = skipped ? strlen(skipped) : 0;
    int lie = tail && length >= tail && !strcmp(path + length - tail, skipped);
    if (S_ISREG(file.st_mode) && !lie) {
        struct extent *extent = extent_of(&file);
        off_t begin = extent->begin, end = extent->end;
        extent->begin = extent->end = 0;
        in_shadow(path, target);
        int to = REAL(open)(target, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        if (to >= 0) { /* else it was removed since */
            if (!fstat(to, &there) && there.st_size == 0) begin = 0, end = file.st_size;
            copy(link, to, begin, end);
            if (ftruncate(to, file.st_size)) abort();
            close(to);
        }
    }
    pthread_mutex_unlock(&lock);
    errno = error;
}

/* -- what is watched */

int fsync(int fd) {
    int done = REAL(fsync)(fd);
    if (!done) synced(fd);
    return done;
}
int fdatasync(int fd) {
    int done = REAL(fdatasync)(fd);
    if (!done) synced(fd);
    return done;
}
/* What a write at the file's own position has written. */
static void note_append(int fd, ssize_t n) {
    if (!folder || n <= 0 || fd <= 2) return;
    int error = errno;
    off_t at = lseek(fd, 0, SEEK_CUR);
    if (at >= 0) note_write(fd, at - n, at);
    errno = error;
}
ssize_t write(int fd, const void *data, size_t size) {
    ssize_t n = REAL(write)(fd, data, size);
    note_append(fd, n);
    return n;
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    ssize_t n = REAL(writev)(fd, parts, count);
    note_append(fd, n);
    return n;
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    ssize_t n = REAL(pwrite)(fd, data, size, at);
    if (n > 0) note_write(fd, at, at + n);
    return n;
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    ssize_t n = REAL(pwrite64)(fd, data, size, at);
    if (n > 0) note_write(fd, at, at + n);
    return n;
}

static int changed(int done, enum kind kind, int at, const char *from, int to_at, const char *to) {
    char one[PATH_MAX], other[PATH_MAX];
    int error = errno;
    if (!done && folder) {
        if (kind == SYMLINK) {
            if (absolute(to_at, to, other) && watched(other)) note_change(kind, from, other);
        } else if (absolute(at, from, one) && watched(one)) {
            if (!to) note_change(kind, one, NULL);
            else if (absolute(to_at, to, other) && watched(other)) note_change(kind, one, other);
        }
    }
    errno = error;
    return done;
}
#define HERE AT_FDCWD
int rename(const char *from, const char *to) { return changed(REAL(rename)(from, to), RENAME, HERE, from, HERE, to); }
int renameat(int at, const char *from, int to_at, const char *to) {
    return changed(REAL(renameat)(at, from, to_at, to), RENAME, at, from, to_at, to);
}
int renameat2(int at, const char *from, int to_at, const char *to, unsigned flags) {
    if (folder && flags & RENAME_EXCHANGE) { /* the engine then takes its other way */
        errno = EINVAL;
        return -1;
    }
    return changed(REAL(renameat2)(at, from, to_at, to, flags), RENAME, at, from, to_at, to);
}
int mkdir(const char *path, mode_t mode) {
    return changed(REAL(mkdir)(path, mode), MAKE_FOLDER, HERE, path, HERE, NULL);
}
int mkdirat(int at, const char *path, mode_t mode) {
    return changed(REAL(mkdirat)(at, path, mode), MAKE_FOLDER, at, path, HERE, NULL);
}
int unlink(const char *path) { return changed(REAL(unlink)(path), UNLINK, HERE, path, HERE, NULL); }
int unlinkat(int at, const char *path, int flags) {
    enum kind kind = flags & AT_REMOVEDIR ? REMOVE_FOLDER : UNLINK;
    return changed(REAL(unlinkat)(at, path, flags), kind, at, path, HERE, NULL);
}
int rmdir(const char *path) { return changed(REAL(rmdir)(path), REMOVE_FOLDER, HERE, path, HERE, NULL); }
int remove(const char *path) {
    struct stat file;
    int is_folder = !lstat(path, &file) && S_ISDIR(file.st_mode);
    return changed(REAL(remove)(path), is_folder ? REMOVE_FOLDER : UNLINK, HERE, path, HERE, NULL);
}
int symlink(const char *target, const char *path) {
    return changed(REAL(symlink)(target, path), SYMLINK, HERE, target, HERE, path);
}
int link(const char *from, const char *to) { return changed(REAL(link)(from, to), LINK, HERE, from, HERE, to); }
int linkat(int at, const char *from, int to_at, const char *to, int flags) {
    return changed(REAL(linkat)(at, from, to_at, to, flags), LINK, at, from, to_at, to);
}
long syscall(long number, ...) { /* the engine calls renameat2 so */
    va_list rest;
    long a[6];
    va_start(rest, number);
    for (int n = 0; n < 6; n++) a[n] = va_arg(rest, long);
    va_end(rest);
    if (number == SYS_renameat2) {
        return renameat2((int)a[0], (const char *)a[1], (int)a[2], (const char *)a[3], (unsigned)a[4]);
    }
    return REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static int opened(int (*call)(const char *, int, ...), const char *path, int flags, mode_t mode) {
    struct stat file;
    int writes = folder && flags & (O_CREAT | O_TRUNC) && (flags & O_TMPFILE) != O_TMPFILE;
    int there = writes && !stat(path, &file);
    int fd = call(path, flags, mode);
    if (writes && fd >= 0) {
        if (!there) changed(0, CREATE, HERE, path, HERE, NULL);
        else if (flags & O_TRUNC && file.st_size) changed(0, TRUNCATE, HERE, path, HERE, NULL);
    }
    return fd;
}
#define MODE(flags) \
    mode_t mode = 0; \
    if (flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE) { \
        va_list rest; \
        va_start(rest, flags); \
        mode = va_arg(rest, mode_t); \
        va_end(rest); \
    }
int open(const char *path, int flags, ...) {
    MODE(flags)
    return opened(REAL(open), path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    MODE(flags)
    return opened(REAL(open64), path, flags, mode);
}
/* chDB is loaded with RTLD_DEEPBIND, which would have it past all of the above to the C library. */
void *dlopen(const char *path, int flags) { return REAL(dlopen)(path, flags & ~RTLD_DEEPBIND); }
