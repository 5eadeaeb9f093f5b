// SPDX-License-Identifier: MIT
#include <sstream>

#include <tlsmode/format.hpp>

#include "support/catch.hpp"

using tlsmode::Mode;
using tlsmode::ModeSet;

TEST_CASE("a set prints the names of its modes, and 0x… for a bit without one") {
  CHECK(tlsmode::to_string(ModeSet{}) == "none");
  CHECK(tlsmode::to_string(Mode::release_buffers) == "release_buffers");
  CHECK(tlsmode::to_string(Mode::auto_retry | Mode::enable_partial_write) == "enable_partial_write | auto_retry");
  CHECK(tlsmode::to_string(ModeSet::from_bits(0x40000004U)) == "auto_retry | 0x40000000");
}

TEST_CASE("modes, statuses, operations and kinds of errors go into a stream by name") {
  std::ostringstream out;
  out << (Mode::async | Mode::auto_retry) << ' ' << Mode::async << ' ' << tlsmode::IoStatus::want_read << ' '
      << tlsmode::Operation::handshake << ' ' << tlsmode::ErrorKind::misuse;
  CHECK(out.str() == "auto_retry | async async want_read handshake misuse");
}
