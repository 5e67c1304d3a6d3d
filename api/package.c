/* SPDX-License-Identifier: MIT */
/* package.c: the packages a host adds: their text, and the C functions behind its declarations.
 *
 * Owns: GolVM.host_packages.
 * Rules: a program keeps copies of the GolNatives it uses, so it may outlive the VM that compiled it. Nothing here parses: an
 *   image finds out whether a function is still the one it was built with by comparing declarations as they are written. What
 *   stands behind the names in them need not be compared: host functions look at their arguments through descriptors.
 * Why no parser: this file serves hosts that load images and have no front column. */
#include <ctype.h>
#include <string.h>

#include "api/api_internal.h"
#include "bytecode/image.h"

const HostPackage *host_package_find(const GolVM *vm, const char *path) {
	for (const HostPackage *p = vm ? vm->host_packages : NULL; p; p = p->next)
		if (strcmp(p->path, path) == 0)
			return p;
	return NULL;
}

/* Names become part of Go's world, so a path is checked like one. */
static bool is_path(const char *path) {
	return path && *path && strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./") == strlen(path) &&
	       path[0] != '/' && path[strlen(path) - 1] != '/';
}

const char *package_last_element(const char *path) {
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* The first word of the text that is neither space nor comment is "package". */
static bool has_package_clause(const char *s) {
	for (;;) {
		s += strspn(s, " \t\r\n");
		if (strncmp(s, "//", 2) == 0)
			s += strcspn(s, "\n");
		else if (strncmp(s, "/*", 2) == 0 && strstr(s + 2, "*/"))
			s = strstr(s + 2, "*/") + 2;
		else
			return strncmp(s, "package", 7) == 0 && (s[7] == ' ' || s[7] == '\t');
	}
}

GolStatus gol_package_add(GolVM *vm, const char *path, const char *source, const GolNative *natives) {
	if (!vm)
		return GOL_ERROR_ARGUMENT;
	if (!is_path(path) || !source)
		return api_fail(vm, GOL_ERROR_ARGUMENT, "gol_package_add: bad %s", source ? "path" : "source");
	if (library_find(path))
		return api_fail(vm, GOL_ERROR_ARGUMENT, "gol_package_add: package %s is built in", path);
	size_t count = 0;
	for (; natives && natives[count].name; count++)
		if (!natives[count].fn)
			return api_fail(vm, GOL_ERROR_ARGUMENT, "gol_package_add: %s.%s has no function", path, natives[count].name);
	HostPackage *p = ARENA_NEW(&vm->arena, HostPackage);
	p->path = arena_strndup(&vm->arena, path, strlen(path));
	Buf text;
	buf_init(&text, &vm->vm.mem);
	if (!has_package_clause(source)) /* on the first line, so that positions stay */
		buf_printf(&text, "package %s; ", package_last_element(path));
	buf_puts(&text, source);
	p->source = arena_strndup(&vm->arena, buf_cstr(&text), text.len);
	p->len = text.len;
	p->native_count = count;
	p->natives = ARENA_ARRAY(&vm->arena, GolNative, count + 1);
	for (size_t i = 0; i < count; i++) {
		p->natives[i] = natives[i];
		p->natives[i].name = arena_strndup(&vm->arena, natives[i].name, strlen(natives[i].name));
	}
	bool failed = text.failed || vm->arena.failed;
	buf_deinit(&text);
	if (failed) {
		vm->arena.failed = false;
		return api_fail(vm, GOL_ERROR_MEMORY, "out of memory");
	}
	p->next = vm->host_packages;
	vm->host_packages = p;
	return GOL_OK;
}

/* ---------------------------------------------------------------- functions behind declarations */

static const GolNative *package_native(const HostPackage *p, Str name) {
	for (size_t i = 0; p && i < p->native_count; i++)
		if (strlen(p->natives[i].name) == name.len && memcmp(p->natives[i].name, name.ptr, name.len) == 0)
			return &p->natives[i];
	return NULL;
}

static const HostPackage *package_of(const GolVM *vm, const Function *fn, Str *name) {
	Str path;
	native_split(fn->name, &path, name);
	for (const HostPackage *p = vm->host_packages; p; p = p->next)
		if (strlen(p->path) == path.len && memcmp(p->path, path.ptr, path.len) == 0)
			return p;
	return NULL;
}

bool host_native_bind(const GolVM *vm, Arena *arena, Function *fn) {
	Str name;
	const GolNative *found = package_native(package_of(vm, fn, &name), name);
	GolNative *native = ARENA_NEW(arena, GolNative);
	if (found)
		*native = (GolNative){.fn = found->fn, .user = found->user};
	fn->native = host_native;
	fn->native_data = native;
	return found != NULL;
}

void natives_bind(GolProgram *p) {
	for (uint32_t i = 0; i < p->program->function_count; i++)
		if (p->program->functions[i]->native == host_native && !p->program->functions[i]->native_data) /* not handed out yet */
			host_native_bind(p->vm, &p->arena, (Function *)(uintptr_t)p->program->functions[i]);
}

/* ---------------------------------------------------------------- declarations */

/* Behind a comment, string or character literal that begins at s; s itself when none does. */
static const char *skip_literal(const char *s) {
	if (strncmp(s, "//", 2) == 0)
		return s + strcspn(s, "\n");
	if (strncmp(s, "/*", 2) == 0) {
		const char *end = strstr(s + 2, "*/");
		return end ? end + 2 : s + strlen(s);
	}
	if (*s != '"' && *s != '\'' && *s != '`')
		return s;
	for (const char *p = s + 1; *p; p++) {
		if (*p == *s)
			return p + 1;
		if (*p == '\\' && *s != '`' && p[1])
			p++;
	}
	return s + strlen(s);
}

static bool is_word(char c) { return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80; }

/* What stands from s to the end of its line, or to a ';', with what parentheses hold together; spaces only between words,
 * comments left out. */
static void put_declaration(const char *s, Buf *out) {
	int depth = 0;
	bool space = false;
	while (*s && !(depth == 0 && (*s == '\n' || *s == ';' || *s == '{'))) {
		const char *next = skip_literal(s);
		if (next != s || isspace((unsigned char)*s)) {
			space = true;
			s = next == s ? s + 1 : next;
			continue;
		}
		depth += *s == '(' || *s == '[' ? 1 : *s == ')' || *s == ']' ? -1 : 0;
		if (space && out->len && is_word(*s) && is_word(out->ptr[out->len - 1]))
			buf_putc(out, ' ');
		buf_putc(out, *s++);
		space = false;
	}
}

/* "func(f *File)Read(" names "(*File).Read", "func Add(" names "Add". */
static bool declares(const char *text, Str name) {
	const char *p = text + strlen("func");
	if (name.ptr[0] != '(' && !memchr(name.ptr, '.', name.len))
		return *p == ' ' && strncmp(p + 1, name.ptr, name.len) == 0 && !is_word(p[1 + name.len]);
	const char *dot = name.ptr + name.len;
	while (dot[-1] != '.')
		dot--;
	bool pointer = name.ptr[0] == '(';
	Str type = {name.ptr + (pointer ? 2 : 0), (size_t)(dot - 1 - name.ptr) - (pointer ? 3 : 0)};
	const char *close = *p == '(' ? strchr(p, ')') : NULL;
	if (!close || (size_t)(close - p) < type.len + 1 || strncmp(close - type.len, type.ptr, type.len) != 0 ||
	    is_word(close[-(ptrdiff_t)type.len - 1]))
		return false;
	size_t rest = name.len - (size_t)(dot - name.ptr);
	return (close[-(ptrdiff_t)type.len - 1] == '*') == pointer && strncmp(close + 1, dot, rest) == 0 && !is_word(close[1 + rest]);
}

bool host_declaration(const GolVM *vm, const Function *fn, Buf *out) {
	Str name;
	const HostPackage *p = package_of(vm, fn, &name);
	for (const char *s = p ? p->source : ""; *s;) {
		const char *next = skip_literal(s);
		if (next != s) {
			s = next;
			continue;
		}
		if (strncmp(s, "func", 4) == 0 && !is_word(s[4]) && (s == p->source || !is_word(s[-1]))) {
			out->len = 0;
			put_declaration(s, out);
			if (declares(buf_cstr(out), name))
				return true;
			s += 4;
			continue;
		}
		s++;
	}
	out->len = 0;
	return false;
}
