/**
 * wide: included before all else where the program, the kernels and the engine
 * of plain loops are compiled a second time, with f32 where a card has bf16:
 * what differs from plain C then is a mistake, not rounding.
 */
#ifndef TESTS_MODEL_GPU_WIDE_H
#define TESTS_MODEL_GPU_WIDE_H

#define GPU_VALUES_F32

// names of their own for what the two have in common
#define gpu_program_open      wide_program_open
#define gpu_program_beside    wide_program_beside
#define gpu_program_load      wide_program_load
#define gpu_program_forward   wide_program_forward
#define gpu_program_backward  wide_program_backward
#define gpu_program_precision wide_program_precision
#define gpu_program_memory    wide_program_memory
#define gpu_program_close     wide_program_close
#define gpu_program_drop      wide_program_drop
#define gpu_tensors_make      wide_tensors_make
#define gpu_steps_make        wide_steps_make
#define gpu_steps_add         wide_steps_add
#define gpu_steps_add_up      wide_steps_add_up
#define gpu_steps_sum         wide_steps_sum
#define gpu_learn             wide_learn
#define gpu_learn_can         wide_learn_can
#define gpu_learn_prepare     wide_learn_prepare
#define gpu_learn_close       wide_learn_close
#define gpu_learner_take      wide_learner_take
#define gpu_learner_pixels    wide_learner_pixels
#define gpu_lesson_new        wide_lesson_new
#define gpu_lesson_append     wide_lesson_append
#define gpu_lesson_begin      wide_lesson_begin
#define gpu_lesson_mae        wide_lesson_mae
#define gpu_lesson_end        wide_lesson_end
#define gpu_lesson_make       wide_lesson_make
#define gpu_lesson_terms      wide_lesson_terms
#define gpu_critic_open       wide_critic_open
#define gpu_critic_make       wide_critic_make
#define gpu_critic_close      wide_critic_close
#define host_engine_open      wide_engine_open
#define host_backend          wide_backend

#endif
