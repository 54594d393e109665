//! What machines do to a ledger: the process is killed, the disk is full, the folder may not
//! be written, others write at the same time, a newer program was there first, a page is
//! broken. Nothing that was acknowledged is lost, and the message says what to do. The real
//! program, a real file.

mod alone;
mod broken;
mod killed;
mod together;
