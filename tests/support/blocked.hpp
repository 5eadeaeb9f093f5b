// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_SUPPORT_BLOCKED_HPP
#define TLSMODE_TESTS_SUPPORT_BLOCKED_HPP

// A connection whose write has blocked, by any rule and over any engine, and how its caller goes on.

#include <cstddef>
#include <string>

#include <tlsmode/tlsmode.hpp>

#include "support/adopted.hpp"
#include "support/catch.hpp"

namespace tlsmode_tests {

inline const std::string message = pattern(1'000);

/// A connection that has `message` to send, and a wire that takes `budget` bytes of it.
template <typename Subject>
struct Blocked : Subject {
  explicit Blocked(int version, std::size_t budget = 0) : Subject{version} {
    this->outgoing().budget = budget;
    if constexpr (tlsmode::BuffersWrites<typename Subject::Policy>) {
      REQUIRE(this->connection.write(message) == wrote(message.size()));
      REQUIRE(this->connection.flush() == tlsmode::IoStatus::want_write);
    } else {
      REQUIRE(this->connection.write(message) == wants_to_write);
    }
  }
};

template <typename Connection>
tlsmode::IoStatus finish(Connection& connection) {
  if constexpr (requires { connection.retry(message); }) {
    return connection.retry(message).status;
  } else if constexpr (requires { connection.retry(); }) {
    return connection.retry().status;
  } else {
    return connection.flush();
  }
}

}  // namespace tlsmode_tests

#endif
