// SPDX-License-Identifier: MIT
// expect-gcc: conversion from ‘int’ to non-scalar type ‘tlsmode::Socket’ requested
// expect-clang: no viable conversion from 'int' to 'tlsmode::Socket'
#include <tlsmode/tlsmode.hpp>

void test(int descriptor) {
#ifdef CONTROL
  tlsmode::Socket socket{descriptor};
#else
  tlsmode::Socket socket = descriptor;
#endif
}
