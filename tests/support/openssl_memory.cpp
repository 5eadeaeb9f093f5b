// SPDX-License-Identifier: MIT
#include "support/openssl_memory.hpp"

#include <atomic>
#include <cstdlib>

#include <malloc.h>

#include <openssl/crypto.h>

namespace tlsmode_tests {
namespace {

std::atomic<std::size_t> bytes_in_use{0};
std::atomic<std::size_t> allocations{0};
bool counted = false;

// malloc_usable_size instead of a header of our own, so that ASan still sees every overflow.
void* counting_malloc(std::size_t size, const char*, int) {
  void* const memory = std::malloc(size);
  bytes_in_use += ::malloc_usable_size(memory);
  ++allocations;
  return memory;
}

void counting_free(void* memory, const char*, int) {
  bytes_in_use -= ::malloc_usable_size(memory);
  std::free(memory);
}

void* counting_realloc(void* memory, std::size_t size, const char* file, int line) {
  if (size == 0) {
    counting_free(memory, file, line);
    return nullptr;
  }
  const std::size_t before = ::malloc_usable_size(memory);
  void* const moved = std::realloc(memory, size);
  if (moved == nullptr) return nullptr;  // the old block is still there
  bytes_in_use += ::malloc_usable_size(moved);
  bytes_in_use -= before;
  ++allocations;
  return moved;
}

}  // namespace

void count_openssl_memory() noexcept {
  if (!counted) counted = ::CRYPTO_set_mem_functions(&counting_malloc, &counting_realloc, &counting_free) == 1;
}

bool openssl_memory_is_counted() noexcept { return counted; }

std::size_t openssl_bytes_in_use() noexcept { return bytes_in_use; }

std::size_t openssl_allocations() noexcept { return allocations; }

}  // namespace tlsmode_tests
