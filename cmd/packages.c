/* SPDX-License-Identifier: MIT */
/* packages.c: gol help packages.
 *
 * Why by trying: a list of what is built in would have to be kept; what compiles is there. */
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/help.h"

/* Go's standard library without what no program imports, and what else scripts may expect. */
static const char *const candidates[] = {
	"archive/tar", "archive/zip", "bufio", "bytes", "cmp", "compress/bzip2", "compress/flate", "compress/gzip",
	"compress/lzw", "compress/zlib", "container/heap", "container/list", "container/ring", "context", "crypto",
	"crypto/aes", "crypto/cipher", "crypto/hmac", "crypto/md5", "crypto/rand", "crypto/rsa", "crypto/sha1",
	"crypto/sha256",
	"crypto/sha512", "crypto/subtle", "crypto/tls", "crypto/x509", "database/sql", "debug/buildinfo", "embed", "encoding",
	"encoding/ascii85", "encoding/base32", "encoding/base64", "encoding/binary", "encoding/csv", "encoding/gob",
	"encoding/hex", "encoding/json", "encoding/pem", "encoding/xml", "errors", "expvar", "flag", "fmt", "go/ast",
	"go/format", "go/parser", "go/token", "golang.org/x/sync/errgroup", "golang.org/x/sync/semaphore",
	"golang.org/x/sync/singleflight", "hash", "hash/adler32", "hash/crc32", "hash/crc64", "hash/fnv", "hash/maphash",
	"html", "html/template", "image", "image/color", "image/draw", "image/gif", "image/jpeg", "image/png",
	"index/suffixarray", "io", "io/fs", "io/ioutil", "iter", "log", "log/slog", "log/syslog", "maps", "math", "math/big",
	"math/bits", "math/cmplx", "math/rand", "math/rand/v2", "mime", "mime/multipart", "net", "net/http",
	"net/http/httptest", "net/mail", "net/netip", "net/rpc", "net/smtp", "net/textproto", "net/url", "os", "os/exec",
	"os/signal", "os/user", "path", "path/filepath", "plugin", "reflect", "regexp", "regexp/syntax", "runtime",
	"runtime/debug", "runtime/metrics", "runtime/pprof", "runtime/trace", "slices", "sort", "strconv", "strings",
	"structs",
	"sync", "sync/atomic", "sync/errgroup", "syscall", "testing", "testing/fstest", "testing/iotest", "testing/quick",
	"testing/synctest", "text/scanner", "text/tabwriter", "text/template", "time", "unicode", "unicode/utf16",
	"unicode/utf8", "unique", "unsafe", "weak",
};

static bool is_there(GolVM *vm, const char *path) {
	Text text = {0};
	GolProgram *program;
	text_printf(&text, "import _ \"%s\"", path);
	bool is = gol_compile_text(vm, "packages", text.ptr, &program) == GOL_OK;
	if (is)
		gol_program_free(vm, program);
	text_free(&text);
	return is;
}

void help_packages(void) {
	RunOptions options = {0};
	Console console = {.is_quiet = true};
	GolVM *vm = host_new_vm(&options, &console, 0, NULL);
	printf("Packages that can be imported; scripts need not say so.\n\n");
	for (size_t i = 0; vm && i < sizeof candidates / sizeof *candidates; i++)
		if (is_there(vm, candidates[i]))
			printf("\t%s\n", candidates[i]);
	gol_vm_free(vm);
}
