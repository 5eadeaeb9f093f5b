// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_PROOF_LENT_BYTES_HPP
#define TLSMODE_TESTS_PROOF_LENT_BYTES_HPP

// The bytes that a caller has lent to writes. A caller may free them as soon as the call is over, and has to have them
// again for a retry() only: so in every other call they are others, and AddressSanitizer reports whoever looks at them.

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#define TLSMODE_TESTS_POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TLSMODE_TESTS_POISON 1
#endif
#endif
#ifdef TLSMODE_TESTS_POISON
#include <sanitizer/asan_interface.h>
#endif

namespace tlsmode_tests {

class LentBytes {
 public:
  void add(std::span<char> bytes) { all_.push_back(bytes); }
  void clear() { all_.clear(); }

  /// While it lives, all of them are poisoned but those that `lent` begins in.
  class Poisoned {
   public:
    Poisoned(const LentBytes& bytes, std::string_view lent) : bytes_{bytes}, lent_{lent} {
      each([](std::span<char> one) {
        change(one);
#ifdef TLSMODE_TESTS_POISON
        __asan_poison_memory_region(one.data(), one.size());
#endif
      });
    }
    Poisoned(const Poisoned&) = delete;
    Poisoned& operator=(const Poisoned&) = delete;
    ~Poisoned() {
      each([](std::span<char> one) {
#ifdef TLSMODE_TESTS_POISON
        __asan_unpoison_memory_region(one.data(), one.size());
#endif
        change(one);
      });
    }
    [[nodiscard]] bool any() const {
      bool found = false;
      each([&](std::span<char>) { found = true; });
      return found;
    }

   private:
    template <typename Act>
    void each(Act act) const {
      for (const std::span<char> one : bytes_.all_) {
        const bool is_lent = lent_.data() >= one.data() && lent_.data() < one.data() + one.size();
        if (!is_lent) act(one);
      }
    }
    /// Of many bytes some: whoever sends a record of them, or compares them, takes more than that.
    static void change(std::span<char> bytes) {
      const std::size_t step = bytes.size() > 2048 ? 32 : 1;
      for (std::size_t i = 0; i < bytes.size(); i += step) bytes[i] = static_cast<char>(~bytes[i]);
    }

    const LentBytes& bytes_;
    std::string_view lent_;
  };

 private:
  std::vector<std::span<char>> all_{};
};

}  // namespace tlsmode_tests

#endif
