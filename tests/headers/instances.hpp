// SPDX-License-Identifier: MIT
// What the headers only make when it is used: every member of a connection under every write rule. Included after the
// headers by the test of the compiler's settings (settings.py).
struct Strict : tlsmode::Client {};
struct Partial : tlsmode::Client {
  using Writes = tlsmode::PartialWrites;
};
struct Moving : tlsmode::Client {
  using Writes = tlsmode::MovingWrites;
};
struct PartialMoving : tlsmode::Server {
  using Writes = tlsmode::PartialMovingWrites;
  using Records = tlsmode::DynamicRecords;
};
struct Buffered : tlsmode::Server {
  using Writes = tlsmode::BufferedWrites;
};
struct Kernel : tlsmode::Client {
  static constexpr bool kernel_tls = true;
};
template class tlsmode::Context<Strict>;
template class tlsmode::Context<Buffered>;
template class tlsmode::Connection<Strict>;
template class tlsmode::Connection<Partial, tlsmode::MemoryTransport>;
template class tlsmode::Connection<Moving>;
template class tlsmode::Connection<PartialMoving, tlsmode::MemoryTransport>;
template class tlsmode::Connection<Buffered>;
template class tlsmode::Connection<Kernel, tlsmode::NativeBio>;

[[maybe_unused]] static bool wait_for_all(tlsmode::Connection<Moving>& connection, char (&bytes)[8]) {
  using tlsmode::WaitStatus;
  tlsmode::PollWaiter waiter{connection.transport(), std::chrono::seconds{1}};
  return write_all(connection, bytes, waiter).status == WaitStatus::done &&
         read_exactly(connection, bytes, waiter).status == WaitStatus::done &&
         shutdown(connection, waiter) == WaitStatus::done;
}
