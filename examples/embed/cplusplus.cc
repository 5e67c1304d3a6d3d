// SPDX-License-Identifier: MIT
// cplusplus.cc: Gol in C++: a VM owned by a smart pointer, lambdas as host functions, a C++ object with methods in Go.
// Output:
// stack after pushes: 3
// pop: gamma
// pop: beta
// left: 1
// stack freed
#include <gol.h>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace {
using Stack = std::vector<std::string>;

struct FreeVM {
	void operator()(GolVM *vm) const { gol_vm_free(vm); }
};
using VM = std::unique_ptr<GolVM, FreeVM>;

Stack *stack_of(GolCall *call) {
	void *data = nullptr;
	gol_host_data(gol_arg(call, 0), &data); // a wrong receiver becomes a panic when the function returns
	return static_cast<Stack *>(data);
}

std::string text_of(GolValue v) {
	const char *text;
	size_t len;
	gol_get_string(v, &text, &len);
	return std::string(text, len);
}

const char declarations[] = R"(
package cpp
type Stack struct{ handle uintptr }

func NewStack() *Stack
func (s *Stack) Push(text string)
func (s *Stack) Pop() (text string, ok bool)
func (s *Stack) Len() int
func (s *Stack) PushAll(texts ...string) {
	for _, t := range texts {
		s.Push(t)
	}
}
)";

const char script[] = R"(
s := cpp.NewStack()
s.PushAll("alpha", "beta", "gamma")
fmt.Println("stack after pushes:", s.Len())
for s.Len() > 1 {
	text, _ := s.Pop()
	fmt.Println("pop:", text)
}
fmt.Println("left:", s.Len())
)";

const GolNative natives[] = {
	{"NewStack",
	 [](GolCall *call, void *) {
		 auto drop = [](void *data) {
			 delete static_cast<Stack *>(data);
			 std::puts("stack freed");
		 };
		 auto stack = std::make_unique<Stack>();
		 if (gol_host_new(gol_result(call, 0), stack.get(), drop) == GOL_OK)
			 stack.release();
		 return GOL_DONE;
	 },
	 nullptr},
	{"(*Stack).Push",
	 [](GolCall *call, void *) {
		 if (Stack *s = stack_of(call))
			 s->push_back(text_of(gol_arg(call, 1)));
		 return GOL_DONE;
	 },
	 nullptr},
	{"(*Stack).Pop",
	 [](GolCall *call, void *) {
		 Stack *s = stack_of(call);
		 if (!s || s->empty())
			 return GOL_DONE;
		 gol_put_string(gol_result(call, 0), s->back().data(), s->back().size());
		 gol_put_bool(gol_result(call, 1), 1);
		 s->pop_back();
		 return GOL_DONE;
	 },
	 nullptr},
	{"(*Stack).Len",
	 [](GolCall *call, void *) {
		 if (Stack *s = stack_of(call))
			 gol_put_int(gol_result(call, 0), static_cast<int64_t>(s->size()));
		 return GOL_DONE;
	 },
	 nullptr},
	{nullptr, nullptr, nullptr},
};
} // namespace

int main() {
	GolConfig config = {};
	config.size = sizeof config;
	config.write = [](void *, int fd, const char *data, size_t len) { std::fwrite(data, 1, len, fd == 1 ? stdout : stderr); };
	GolVM *made;
	if (gol_vm_new(&config, &made) != GOL_OK)
		return 1;
	VM vm(made);
	GolProgram *program;
	if (gol_package_add(vm.get(), "cpp", declarations, natives) != GOL_OK ||
	    gol_compile_text(vm.get(), "script.gol", script, &program) != GOL_OK || gol_run(vm.get(), program) != GOL_OK) {
		std::printf("%s\n", gol_error(vm.get()));
		return 1;
	}
	return 0;
}
