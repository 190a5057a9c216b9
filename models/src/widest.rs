//! The same code compiled for wider registers, for processors that have them: programs are built for every processor of a kind.

/// Declares a function that runs compiled for AVX2 where the processor has it. What it calls must be `#[inline(always)]` to be compiled so.
macro_rules! widest {
    ($(#[$about:meta])* fn $name:ident($($argument:ident: $kind:ty),* $(,)?) $body:block) => {
        $(#[$about])*
        #[allow(clippy::too_many_arguments, reason = "all that a loop needs")]
        fn $name($($argument: $kind),*) {
            #[inline(always)]
            fn anywhere($($argument: $kind),*) $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn with_avx2($($argument: $kind),*) {
                    anywhere($($argument),*)
                }
                if std::arch::is_x86_feature_detected!("avx2") {
                    #[allow(unsafe_code, reason = "the processor has been asked")]
                    // SAFETY: it has AVX2.
                    return unsafe { with_avx2($($argument),*) };
                }
            }
            anywhere($($argument),*)
        }
    };
}

pub(crate) use widest;
