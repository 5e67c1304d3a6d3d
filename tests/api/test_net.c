/* SPDX-License-Identifier: MIT */
/* test_net.c: programs with sockets in a host: pumped, interrupted, and what is left of them in the process. */
#include <dirent.h>
#include <poll.h>
#include <sched.h>

#include "api_host.h"

#define OK(e) assert_int_equal(e, GOL_OK)

static int count_descriptors(void) {
	int n = 0;
	DIR *dir = opendir("/proc/self/fd");
	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static GolVM *net_vm(Host *host, uint32_t workers, uint32_t allow) {
	GolConfig config = host_config(host, workers);
	GolVM *vm;
	config.allow = allow;
	OK(gol_vm_new(&config, &vm));
	return vm;
}

static const char echo[] =
	"l, err := net.Listen(\"tcp\", \"127.0.0.1:0\")\n"
	"if err != nil { panic(err) }\n"
	"go func() { c, _ := l.Accept(); io.Copy(c, c); c.Close() }()\n"
	"c, err := net.Dial(\"tcp\", l.Addr().String())\n"
	"if err != nil { panic(err) }\n"
	"io.WriteString(c, \"hello\")\n"
	"c.(*net.TCPConn).CloseWrite()\n"
	"b, err := io.ReadAll(c)\n"
	"fmt.Println(string(b), err)\n"
	"c.SetReadDeadline(time.Now())\n"
	"os.Open(\"/\")\n"; /* and left open, as all sockets are */

/* The host's event loop gets the VM's descriptor; nothing is open when the VM is gone. */
static void test_pumped(void **state) {
	(void)state;
	int before = count_descriptors();
	Host host;
	GolProgram *p;
	GolVM *vm = net_vm(&host, GOL_WORKERS_HOST, GOL_ALLOW_ALL);
	OK(gol_compile_text(vm, "t.gol", echo, &p));
	OK(gol_start(vm, p));
	struct pollfd fd = {.fd = gol_poll_fd(vm), .events = POLLIN};
	assert_true(fd.fd >= 0);
	for (GolPump state; (state = gol_pump(vm, 1000000)) != GOL_PUMP_DONE;) {
		assert_int_not_equal(state, GOL_PUMP_STUCK);
		int64_t ns = gol_next_timer_ns(vm);
		if (state == GOL_PUMP_IDLE)
			poll(&fd, 1, ns < 0 ? -1 : (int)(ns / 1000000) + 1);
	}
	OK(gol_status(vm));
	assert_string_equal(host.out, "hello <nil>\n");
	gol_vm_free(vm);
	assert_int_equal(count_descriptors(), before);
}

/* Descriptors of one run are closed before the next. */
static void test_runs(void **state) {
	(void)state;
	int before = count_descriptors(), after = 0;
	Host host;
	GolProgram *p;
	GolVM *vm = net_vm(&host, 2, GOL_ALLOW_ALL);
	OK(gol_compile_text(vm, "t.gol", echo, &p));
	for (int i = 0; i < 5; i++) {
		OK(gol_run(vm, p));
		if (i == 0)
			after = count_descriptors();
	}
	assert_int_equal(count_descriptors(), after);
	gol_vm_free(vm);
	assert_int_equal(count_descriptors(), before);
}

static int announced; /* atomic */

static void announce(void *user, int fd, const char *data, size_t len) {
	(void)user, (void)fd, (void)data, (void)len;
	__atomic_store_n(&announced, 1, __ATOMIC_SEQ_CST);
}

static void *interrupt_waiting(void *vm) {
	while (!__atomic_load_n(&announced, __ATOMIC_SEQ_CST))
		sched_yield();
	gol_interrupt(vm);
	return NULL;
}

/* Who waits for a connection, for bytes or for a process is ended at once; cat ends with the pipe. */
static void test_interrupt(void **state) {
	(void)state;
	static const char *const waits[] = {
		"l, _ := net.Listen(\"tcp\", \"127.0.0.1:0\"); println(1); l.Accept()\n",
		"l, _ := net.ListenPacket(\"udp\", \"127.0.0.1:0\"); println(1); l.ReadFrom(make([]byte, 9))\n",
		"r, _, _ := os.Pipe(); println(1); r.Read(make([]byte, 9))\n",
		"c := exec.Command(\"cat\"); c.StdinPipe(); c.Start(); println(1); c.Process.Wait()\n",
	};
	for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
		Host host;
		GolProgram *p;
		GolVM *vm;
		pthread_t thread;
		GolConfig config = host_config(&host, 2);
		config.allow = GOL_ALLOW_ALL;
		config.write = announce;
		__atomic_store_n(&announced, 0, __ATOMIC_SEQ_CST);
		OK(gol_vm_new(&config, &vm));
		OK(gol_compile_text(vm, "t.gol", waits[i], &p));
		assert_int_equal(pthread_create(&thread, NULL, interrupt_waiting, vm), 0);
		assert_int_equal(gol_run(vm, p), GOL_INTERRUPTED);
		pthread_join(thread, NULL);
		gol_vm_free(vm);
	}
}

/* Without their capabilities the packages do not exist. */
static void test_capabilities(void **state) {
	(void)state;
	static const struct {
		const char *text;
		uint32_t allow;
		const char *message;
	} cases[] = {
		{"net.Dial(\"tcp\", \"127.0.0.1:1\")\n", GOL_ALLOW_NETWORK, "t.gol:1:1: the host does not allow package net"},
		{"http.Get(\"http://127.0.0.1:1/\")\n", GOL_ALLOW_NETWORK, "t.gol:1:1: the host does not allow package net/http"},
		{"x := 1\nx++\nexec.Command(\"true\").Run()\nexec.Command(\"true\")\n", GOL_ALLOW_EXEC,
		 "t.gol:3:1: the host does not allow package os/exec"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		Host host;
		GolProgram *p;
		GolVM *vm = net_vm(&host, 1, GOL_ALLOW_ALL & ~cases[i].allow);
		assert_int_equal(gol_compile_text(vm, "t.gol", cases[i].text, &p), GOL_ERROR_COMPILE);
		assert_string_equal(host.first, cases[i].message);
		assert_int_equal(host.errors, 1);
		gol_vm_free(vm);
	}
	Host host;
	GolProgram *p;
	GolVM *vm = net_vm(&host, 1, 0);
	OK(gol_compile_text(vm, "t.gol", "_, err := syscall.ForkExec(\"/bin/true\", nil, nil); fmt.Println(err, syscall.Kill(1, 0), syscall.Mkdir(\"/x\", 0))\n", &p));
	OK(gol_run(vm, p));
	assert_string_equal(host.out, "permission denied permission denied permission denied\n");
	gol_vm_free(vm);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pumped),
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_interrupt),
		cmocka_unit_test(test_capabilities),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
