/* SPDX-License-Identifier: MIT */
/* loop.c: a host with its own event loop: no thread of Gol's; the host pumps, sleeps in epoll until there is something to
 * do, and hands its events to goroutines through a channel. */
// Output:
// Go waits for events
// tick 1
// line: hello
// tick 2
// line: from the pipe
// end of events, status ok
#include <gol.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static const char program_text[] =
	"events := make(chan string)\n"
	"host.Subscribe(events)\n"
	"tick := time.After(20 * time.Millisecond)\n"
	"fmt.Println(\"Go waits for events\")\n"
	"ticks := 0\n"
	"for {\n"
	"	select {\n"
	"	case line := <-events:\n"
	"		if line == \"\" { return }\n"
	"		fmt.Println(\"line:\", line)\n"
	"		tick = time.After(20 * time.Millisecond)\n"
	"	case <-tick:\n"
	"		if ticks++; ticks <= 2 { fmt.Println(\"tick\", ticks) }\n"
	"		host.Ticked(ticks)\n"
	"	}\n"
	"}\n";

typedef struct Loop {
	GolVM *vm;
	GolRef *events, *line;
	int in, out; /* a pipe: stands for whatever the host watches */
} Loop;

static GolAction subscribe(GolCall *call, void *user) {
	Loop *loop = user;
	gol_get_ref(gol_arg(call, 0), &loop->events);
	return GOL_DONE;
}

static GolAction ticked(GolCall *call, void *user) {
	static const char *const lines[] = {"", "hello", "from the pipe", ""};
	Loop *loop = user;
	int64_t n;
	gol_get_int(gol_arg(call, 0), &n);
	if (n <= 3 && write(loop->out, lines[n], strlen(lines[n]) + 1) < 0)
		perror("write");
	return GOL_DONE;
}

static void write_output(void *user, int fd, const char *data, size_t len) {
	(void)user;
	if (fd == 1)
		fwrite(data, 1, len, stdout);
}

/* The pipe has a line: to the channel with it. Nobody receives yet: the goroutine first gets time to. */
static void deliver(Loop *loop) {
	char line[64];
	ssize_t n = read(loop->in, line, sizeof line);
	if (n <= 0)
		return;
	gol_put_string(gol_ref_value(loop->line), line, (size_t)n - 1);
	while (gol_chan_send(loop->events, loop->line, 0) == GOL_TIMEOUT)
		gol_pump(loop->vm, 1000000);
}

static void run(Loop *loop) {
	struct epoll_event e[2] = {{.events = EPOLLIN, .data.fd = loop->in}};
	int epoll = epoll_create1(0), gol = gol_poll_fd(loop->vm);
	e[1] = (struct epoll_event){.events = EPOLLIN, .data.fd = gol};
	epoll_ctl(epoll, EPOLL_CTL_ADD, loop->in, &e[0]);
	epoll_ctl(epoll, EPOLL_CTL_ADD, gol, &e[1]);
	for (;;) {
		GolPump pump = gol_pump(loop->vm, 2000000); /* at most 2 ms, then the host's own work */
		if (pump == GOL_PUMP_DONE)
			break;
		if (!loop->line)
			gol_chan_ref(loop->events, &loop->line);
		int64_t ns = pump == GOL_PUMP_RUNNING ? 0 : gol_next_timer_ns(loop->vm);
		int n = epoll_wait(epoll, e, 2, ns < 0 ? -1 : (int)((ns + 999999) / 1000000));
		for (int i = 0; i < n; i++)
			if (e[i].data.fd == loop->in)
				deliver(loop);
	}
	close(epoll);
}

int main(void) {
	Loop loop = {0};
	int ends[2];
	GolConfig config = {.size = sizeof config, .write = write_output, .workers = GOL_WORKERS_HOST};
	GolNative natives[] = {{"Subscribe", subscribe, &loop}, {"Ticked", ticked, &loop}, {0}};
	GolProgram *program;
	if (pipe(ends) != 0 || gol_vm_new(&config, &loop.vm) != GOL_OK)
		return 1;
	loop.in = ends[0];
	loop.out = ends[1];
	gol_package_add(loop.vm, "host", "func Subscribe(c chan string)\nfunc Ticked(n int)\n", natives);
	if (gol_compile_text(loop.vm, "loop.gol", program_text, &program) != GOL_OK || gol_start(loop.vm, program) != GOL_OK)
		return 1;
	run(&loop);
	printf("end of events, status %s\n", gol_status_name(gol_status(loop.vm)));
	gol_vm_free(loop.vm);
	return 0;
}
