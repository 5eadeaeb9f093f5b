// SPDX-License-Identifier: MIT
// expect: // FIX: a connection owns its transport: make one that is moved, and refers to yours
#include <cstddef>
#include <span>

#include <tlsmode/tlsmode.hpp>

struct Transport {
#ifdef CONTROL
  tlsmode::ReadResult receive(std::span<std::byte> to) noexcept;
  tlsmode::WriteResult send(std::span<const std::byte> from) noexcept;
#else
  tlsmode::ReadResult receive(std::span<std::byte> to) noexcept;
  tlsmode::WriteResult send(std::span<const std::byte> from) noexcept;
  Transport(const Transport&) = delete;
#endif
};

using Test = tlsmode::Connection<tlsmode::Server, Transport>;
