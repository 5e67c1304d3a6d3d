#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Gol from Python through ctypes and libgol.so: Python functions in Go, Go functions in Python.

Usage: python.py [path of libgol.so]

// Output:
// primes below 30: [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]
// Python says: PYTHON 3 x GOL
// panic: from Go
"""
import ctypes
import sys
from ctypes import CFUNCTYPE, POINTER, Structure, byref, c_char_p, c_int, c_int64, c_size_t, c_uint32, c_uint64, c_void_p

gol = ctypes.CDLL(sys.argv[1] if len(sys.argv) > 1 else "libgol.so.0")


class Value(Structure):
    _fields_ = [("type", c_void_p), ("at", c_void_p), ("scope", c_void_p), ("mode", c_size_t)]


class Limits(Structure):
    _fields_ = [("memory_bytes", c_uint64), ("fuel", c_int64), ("goroutines", c_uint64),
                ("stack_bytes", c_uint64), ("wall_ns", c_int64)]


Write = CFUNCTYPE(None, c_void_p, c_int, c_void_p, c_size_t)
HostFn = CFUNCTYPE(c_int, c_void_p, c_void_p)


class Config(Structure):
    _fields_ = [("size", c_size_t), ("user", c_void_p), ("allocate", c_void_p), ("write", Write), ("diagnostic", c_void_p),
                ("import_", c_void_p), ("workers", c_uint32), ("allow", c_uint32), ("limits", Limits), ("argc", c_int),
                ("argv", c_void_p), ("seed", c_uint64), ("gc_percent", c_int)]


class Native(Structure):
    _fields_ = [("name", c_char_p), ("fn", HostFn), ("user", c_void_p)]


for name, result, *arguments in [
        ("gol_error", c_char_p, c_void_p), ("gol_vm_free", None, c_void_p),
        ("gol_package_add", c_int, c_void_p, c_char_p, c_char_p, POINTER(Native)),
        ("gol_compile_text", c_int, c_void_p, c_char_p, c_char_p, c_void_p), ("gol_run", c_int, c_void_p, c_void_p),
        ("gol_func", c_int, c_void_p, c_void_p, c_char_p, c_void_p), ("gol_call_open", c_int, c_void_p, c_void_p, c_void_p),
        ("gol_call_run", c_int, c_void_p), ("gol_arg", Value, c_void_p, c_size_t), ("gol_result", Value, c_void_p, c_size_t),
        ("gol_len", c_int64, Value), ("gol_at", Value, Value, c_int64), ("gol_get_int", c_int, Value, c_void_p),
        ("gol_put_int", c_int, Value, c_int64), ("gol_get_string", c_int, Value, c_void_p, c_void_p),
        ("gol_put_string", c_int, Value, c_char_p, c_size_t)]:
    getattr(gol, name).restype, getattr(gol, name).argtypes = result, arguments


def get_int(value):
    n = c_int64()
    gol.gol_get_int(value, byref(n))
    return n.value


def get_string(value):
    text, size = c_void_p(), c_size_t()
    gol.gol_get_string(value, byref(text), byref(size))
    return ctypes.string_at(text, size.value).decode()


@Write
def write(user, fd, data, size):
    if fd == 1:
        print(ctypes.string_at(data, size).decode(), end="")


@HostFn
def upper(call, user):  # func Upper(s string, n int) string
    text = (get_string(gol.gol_arg(call, 0)) + f" {get_int(gol.gol_arg(call, 1))}").upper().encode()
    gol.gol_put_string(gol.gol_result(call, 0), text, len(text))
    return 0


PROGRAM = b"""package main
import ("fmt"; "py")
func Primes(n int) (out []int) {
next:
    for i := 2; i < n; i++ {
        for _, p := range out { if i%p == 0 { continue next } }
        out = append(out, i)
    }
    return
}
func main() { fmt.Println("Python says:", py.Upper("python", 3), "x GOL"); panic("from Go") }
"""

vm, program, func, call = c_void_p(), c_void_p(), c_void_p(), c_void_p()
config = Config(size=ctypes.sizeof(Config), write=write, workers=1)
assert gol.gol_vm_new(byref(config), byref(vm)) == 0
natives = (Native * 2)(Native(b"Upper", upper, None), Native())
gol.gol_package_add(vm, b"py", b"func Upper(s string, n int) string\n", natives)
assert gol.gol_compile_text(vm, b"main.go", PROGRAM, byref(program)) == 0, gol.gol_error(vm)
gol.gol_func(vm, program, b"Primes", byref(func))
gol.gol_call_open(vm, func, byref(call))
gol.gol_put_int(gol.gol_arg(call, 0), 30)
gol.gol_call_run(call)
primes = gol.gol_result(call, 0)
print("primes below 30:", [get_int(gol.gol_at(primes, i)) for i in range(gol.gol_len(primes))])
gol.gol_run(vm, program)
print(gol.gol_error(vm).decode())
gol.gol_vm_free(vm)
