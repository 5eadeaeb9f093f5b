// SPDX-License-Identifier: MIT
#include "proof/failing_malloc.hpp"

#include <cerrno>
#include <cstdlib>

namespace {

bool armed = false;
std::size_t counted = 0;
std::size_t failing = 0;
long living = 0;

/// Returns: whether this allocation has to fail.
bool fails() noexcept {
  if (!armed || ++counted != failing) {
    return false;
  }
  errno = ENOMEM;
  return true;
}

}  // namespace

// glibc lets a program replace malloc, and keeps its own under these names.
extern "C" {
void* __libc_malloc(std::size_t size);                     // NOLINT
void* __libc_calloc(std::size_t count, std::size_t size);  // NOLINT
void* __libc_realloc(void* memory, std::size_t size);      // NOLINT
void __libc_free(void* memory);                            // NOLINT

static void* born(void* memory) {
  living += memory != nullptr ? 1 : 0;
  return memory;
}

void* malloc(std::size_t size) { return fails() ? nullptr : born(__libc_malloc(size)); }
void* calloc(std::size_t count, std::size_t size) { return fails() ? nullptr : born(__libc_calloc(count, size)); }
void* realloc(void* memory, std::size_t size) {
  if (fails()) {
    return nullptr;
  }
  return memory == nullptr ? born(__libc_malloc(size)) : __libc_realloc(memory, size);
}
void free(void* memory) {
  living -= memory != nullptr ? 1 : 0;
  __libc_free(memory);
}
}

namespace tlsmode_tests {

FailingMalloc::FailingMalloc(std::size_t fail_at) noexcept {
  counted = 0;
  failing = fail_at;
  armed = true;
}
FailingMalloc::~FailingMalloc() { armed = false; }
std::size_t FailingMalloc::count() noexcept { return counted; }
long FailingMalloc::alive() noexcept { return living; }

SpareAllocations::SpareAllocations() noexcept : armed_{armed} { armed = false; }
SpareAllocations::~SpareAllocations() { armed = armed_; }

}  // namespace tlsmode_tests
