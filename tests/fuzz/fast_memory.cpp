// SPDX-License-Identifier: MIT
// Memory for OpenSSL that costs little: a handshake makes thousands of allocations, and AddressSanitizer takes its time
// with each. What the library itself allocates stays with AddressSanitizer; the replay of the corpus has it for all.
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include <openssl/crypto.h>

namespace {

constexpr std::size_t step = 32;
constexpr std::size_t largest = 32 * 1024;

struct alignas(16) Header {
  std::size_t size;
  Header* next;
};
Header* free_blocks[largest / step + 1];
char* chunk = nullptr;
std::size_t chunk_left = 0;

void* take(std::size_t size, const char*, int) {
  const std::size_t steps = (size + step - 1) / step;
  if (steps > largest / step) {
    auto* const block = static_cast<Header*>(std::malloc(sizeof(Header) + size));
    if (block == nullptr) return nullptr;
    block->size = size;
    return block + 1;
  }
  Header* block = free_blocks[steps];
  if (block != nullptr) {
    free_blocks[steps] = block->next;
    return block + 1;
  }
  const std::size_t needed = sizeof(Header) + steps * step;
  if (chunk_left < needed) {
    chunk_left = 1U << 20U;
    chunk = static_cast<char*>(std::malloc(chunk_left));  // chunks live as long as the process
    if (chunk == nullptr) std::abort();
  }
  block = reinterpret_cast<Header*>(chunk);
  chunk += needed;
  chunk_left -= needed;
  block->size = steps * step;
  return block + 1;
}

void give(void* memory, const char*, int) {
  if (memory == nullptr) return;
  Header* const block = static_cast<Header*>(memory) - 1;
  if (block->size > largest) return std::free(block);
  block->next = free_blocks[block->size / step];
  free_blocks[block->size / step] = block;
}

void* take_again(void* memory, std::size_t size, const char* file, int line) {
  if (memory == nullptr) return take(size, file, line);
  const std::size_t old_size = (static_cast<Header*>(memory) - 1)->size;
  if (size <= old_size && old_size <= largest) return memory;
  void* const larger = take(size, file, line);
  if (larger == nullptr) return nullptr;
  std::memcpy(larger, memory, old_size < size ? old_size : size);
  give(memory, file, line);
  return larger;
}

[[maybe_unused]] const int is_set = ::CRYPTO_set_mem_functions(&take, &take_again, &give);

}  // namespace
