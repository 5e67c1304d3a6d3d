/* SPDX-License-Identifier: MIT */
/* plugins.c: a host that runs other people's scripts: nothing allowed but what it hands out, and limits on everything. */
// Output:
// honest: ok, score 42
// greedy: limit reached, score 0 (memory)
// endless: limit reached, score 0 (fuel)
// sleepy: limit reached, score 0 (wall time)
// bomb: limit reached, score 0 (goroutines)
// deep: limit reached, score 0 (stack)
// thief: ok, score 0
// crash: panic, score 0 (panic: runtime error: index out of range [3] with length 0)
// cheat: panic, score 0 (panic: game.Score: negative score)
// wrong: compile error, score 0
#include <gol.h>
#include <stdio.h>
#include <string.h>

typedef struct Game {
	int64_t score;
} Game;

/* func Score(points int) */
static GolAction score(GolCall *call, void *user) {
	Game *game = user;
	int64_t points;
	static const char text[] = "game.Score: negative score";
	if (gol_get_int(gol_arg(call, 0), &points) == GOL_OK && points < 0)
		return gol_panic(call, text, sizeof text - 1);
	game->score += points;
	return GOL_DONE;
}

static const struct Plugin {
	const char *name, *text;
	int64_t wall_ms; /* a busy machine is no fault of theirs */
} plugins[] = {
	{"honest", "for i := range 7 { go func() { _ = i }() }\ngame.Score(40)\ngame.Score(2)\n", 60000},
	{"greedy", "var hoard [][]byte\nfor { hoard = append(hoard, make([]byte, 1<<20)) }\n", 60000},
	{"endless", "defer game.Score(1)\ndefer recover()\nfor { }\n", 60000},
	{"sleepy", "time.Sleep(time.Hour)\n", 100},
	{"bomb", "for { go func() { select { } }() }\n", 60000},
	{"deep", "var f func(n int) int\nf = func(n int) int { return f(n + 1) + 1 }\ngame.Score(f(0))\n", 60000},
	{"thief", "b, err := os.ReadFile(\"/etc/passwd\")\nif err == nil { game.Score(len(b)) }\n", 60000},
	{"crash", "var xs []int\ngame.Score(xs[3])\n", 60000},
	{"cheat", "game.Score(-1)\n", 60000},
	{"wrong", "game.Score(\"many\")\n", 60000},
};

static const char *reason(GolVM *vm, GolStatus status) {
	static const char *const limits[] = {"memory", "fuel", "wall time", "goroutines", "stack"};
	const char *text = gol_error(vm);
	for (size_t i = 0; status == GOL_ERROR_LIMIT && i < sizeof limits / sizeof limits[0]; i++)
		if (strstr(text, limits[i]))
			return limits[i];
	return status == GOL_ERROR_PANIC ? text : "";
}

int main(void) {
	Game game;
	GolNative natives[] = {{"Score", score, &game}, {0}};
	GolConfig config = {
		.size = sizeof config,
		.workers = 2,
		.allow = 0, /* no files, network, environment, clock */
		.limits = {
			.memory_bytes = 64 << 20,
			.fuel = 2000000,
			.goroutines = 1000,
			.stack_bytes = 1 << 20,
		},
	};
	GolVM *vm;
	if (gol_vm_new(&config, &vm) != GOL_OK)
		return 1;
	gol_package_add(vm, "game", "func Score(points int)\n", natives);
	for (size_t i = 0; i < sizeof plugins / sizeof plugins[0]; i++) {
		GolProgram *program;
		GolLimits limits = config.limits;
		game.score = 0;
		limits.wall_ns = plugins[i].wall_ms * 1000000;
		gol_set_limits(vm, &limits);
		GolStatus status = gol_compile_text(vm, plugins[i].name, plugins[i].text, &program);
		if (status == GOL_OK)
			status = gol_run(vm, program);
		const char *why = reason(vm, status);
		printf("%s: %s, score %d%s%s%s\n", plugins[i].name, gol_status_name(status), (int)game.score, *why ? " (" : "", why,
		       *why ? ")" : "");
		gol_program_free(vm, program); /* the same VM serves the next one */
	}
	gol_vm_free(vm);
	return 0;
}
