/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Prints the hands on every frame of a pipeline: how to read egostream's results from C.
 *
 *     cc -I elements/meta/include elements/examples/read_hands.c -o read_hands \
 *        $(pkg-config --cflags --libs gstreamer-1.0 gstreamer-app-1.0)
 *     export GST_PLUGIN_PATH=target/release     # the folder of libgstego.so
 *     ./read_hands 'filesrc location=clip.mp4 ! decodebin ! egohands'
 *
 * The pipeline must end in raw video; an appsink is put behind it. One line a hand: number of the frame, time, side, track,
 * score, and the tip of the index finger in pixels and, when known, in metres in camera space. read_hands.py prints the same.
 */
#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <math.h>

#include "egometa.h"

#define INDEX_TIP 8

/* Returns FALSE when the hands cannot be read. */
static gboolean
print_hands (guint number, GstSample *sample)
{
  static const gchar *const sides[] = { "left", "right", "unknown" };
  GstBuffer *buffer = gst_sample_get_buffer (sample);
  const GstStructure *caps = gst_caps_get_structure (gst_sample_get_caps (sample), 0);
  gint width = 0, height = 0;
  EgoHands hands;
  EgoMetaStatus status;
  guint i;

  gst_structure_get_int (caps, "width", &width);
  gst_structure_get_int (caps, "height", &height);

  status = ego_hands_read (buffer, &hands);
  if (status == EGO_META_UNKNOWN_LAYOUT) {
    g_printerr ("read_hands: the hands of \"%s\" have layout \"%s\", this program reads \"%s\": use one version of egostream\n",
        hands.table.source, hands.table.layout, EGO_HAND_LAYOUT);
    return FALSE;
  }
  if (status == EGO_META_DAMAGED) {
    g_printerr ("read_hands: the hands on frame %u are damaged\n", number);
    return FALSE;
  }
  for (i = 0; i < MAX (hands.table.count, 1); i++) {
    EgoHandRow hand;

    g_print ("frame %u", number);
    if (GST_BUFFER_PTS_IS_VALID (buffer))
      g_print ("  %.3f s", (gdouble) GST_BUFFER_PTS (buffer) / GST_SECOND);
    if (!ego_hands_row (&hands, i, &hand)) {
      g_print ("  no hands\n");
      break;
    }
    g_print ("  %s #%d  score %.2f  index tip (%.1f, %.1f) px", sides[MIN (hand.side, EGO_SIDE_UNKNOWN)], hand.track, hand.score,
        hand.xy[INDEX_TIP][0] * width, hand.xy[INDEX_TIP][1] * height);
    if (isfinite (hand.xyz[INDEX_TIP][2]))
      g_print ("  (%.3f, %.3f, %.3f) m", hand.xyz[INDEX_TIP][0], hand.xyz[INDEX_TIP][1], hand.xyz[INDEX_TIP][2]);
    g_print ("\n");
  }
  return TRUE;
}

int
main (int argc, char *argv[])
{
  GstElement *pipeline, *results;
  GstMessage *message;
  GstSample *sample;
  GstBus *bus;
  GError *error = NULL;
  gchar *description;
  guint number = 0;
  int status = 0;

  gst_init (&argc, &argv);
  if (argc != 2) {
    g_printerr ("usage: read_hands 'PIPELINE THAT ENDS IN RAW VIDEO'\n");
    return 2;
  }
  /* Few buffers in the sink: decoding waits for us instead of filling the memory. */
  description = g_strconcat (argv[1], " ! appsink name=results sync=false max-buffers=4", NULL);
  pipeline = gst_parse_launch (description, &error);
  g_free (description);
  if (error != NULL) {
    g_printerr ("read_hands: %s\n", error->message);
    g_clear_error (&error);
    gst_clear_object (&pipeline);
    return 1;
  }
  results = gst_bin_get_by_name (GST_BIN (pipeline), "results");
  gst_element_set_state (pipeline, GST_STATE_PLAYING);

  bus = gst_element_get_bus (pipeline);
  while (status == 0 && !gst_app_sink_is_eos (GST_APP_SINK (results))) {
    sample = gst_app_sink_try_pull_sample (GST_APP_SINK (results), GST_SECOND / 10);
    if (sample != NULL) {
      if (!print_hands (number++, sample))
        status = 1;
      gst_sample_unref (sample);
    }
    message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
    if (message != NULL) {
      gst_message_parse_error (message, &error, NULL);
      g_printerr ("read_hands: %s\n", error->message);
      g_clear_error (&error);
      gst_message_unref (message);
      status = 1;
    }
  }
  gst_object_unref (bus);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (results);
  gst_object_unref (pipeline);
  return status;
}
