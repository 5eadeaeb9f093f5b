// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_SUPPORT_THROWN_HPP
#define TLSMODE_TESTS_SUPPORT_THROWN_HPP

#include <string_view>

#include <openssl/err.h>

#include <tlsmode/error.hpp>

namespace tlsmode_tests {

/// The Error that `function` throws; kind() is none if it throws none.
template <typename Function>
[[nodiscard]] tlsmode::Error thrown_by(Function function) {
  try {
    static_cast<void>(function());
  } catch (const tlsmode::Error& error) {
    return error;
  }
  return {};
}

[[nodiscard]] inline bool says(const tlsmode::Error& error, std::string_view text) {
  return std::string_view{error.what()}.find(text) != std::string_view::npos;
}

/// Leaves an entry in OpenSSL's error queue, as careless code elsewhere on the thread does.
inline void pollute_error_queue() { ERR_raise_data(ERR_LIB_USER, 42, "left by someone else"); }

}  // namespace tlsmode_tests

#endif
