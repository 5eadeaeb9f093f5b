// SPDX-License-Identifier: MIT
#ifndef TLSMODE_FORMAT_HPP
#define TLSMODE_FORMAT_HPP

#include <cstdint>
#include <cstdio>
#include <ostream>
#include <string>

#include <tlsmode/error_facts.hpp>
#include <tlsmode/mode_set.hpp>
#include <tlsmode/status.hpp>

namespace tlsmode {

/// The names of the modes, joined with " | "; a bit without a name as 0x…; "none" for the empty set.
/// Proof: tests/unit/format_test.cpp.
[[nodiscard]] inline std::string to_string(ModeSet modes) {
  std::string text;
  for (const Mode mode : modes) {
    text += text.empty() ? "" : " | ";
    if (const std::string_view known = name(mode); !known.empty()) {
      text += known;
    } else {
      char digits[16];
      std::snprintf(digits, sizeof digits, "0x%x", static_cast<unsigned>(mode));
      text += digits;
    }
  }
  return text.empty() ? "none" : text;
}

inline std::ostream& operator<<(std::ostream& out, ModeSet modes) { return out << to_string(modes); }
inline std::ostream& operator<<(std::ostream& out, Mode mode) { return out << to_string(ModeSet{mode}); }
inline std::ostream& operator<<(std::ostream& out, IoStatus status) { return out << name(status); }
inline std::ostream& operator<<(std::ostream& out, Operation operation) { return out << name(operation); }
inline std::ostream& operator<<(std::ostream& out, ErrorKind kind) { return out << name(kind); }

}  // namespace tlsmode

#endif
